import { connectionFaults } from '../faults/connections.ts';
import { failovers } from '../faults/failovers.ts';
import type { Shape } from '../faults/fault.ts';
import { Links } from '../links/links.ts';
import { type System, startSystem } from '../system.ts';
import { TWICE } from './plain.ts';

/** Every process reaches every other one through a proxy. */
export interface ProxiedSystem extends System {
  readonly links: Links;
}

export const proxied: Shape<ProxiedSystem> = {
  name: 'proxied',
  faults: [...connectionFaults, ...failovers],
  start: async (starting) => {
    const links = new Links();
    const system = await startSystem({ args: TWICE, adjust: links.adjust, ...starting });
    // The launcher asked the nodes for their health on the ways of Nginx, and keeps those connections for a minute.
    for (const { from, network } of links.all()) if (from === 'nginx') network.cut();
    const stop = async () => {
      await system.stop();
      await links[Symbol.asyncDispose]();
    };
    return { ...system, links, stop };
  },
};
