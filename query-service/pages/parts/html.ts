import htm from 'htm';
import { type ComponentChildren, h, type VNode } from 'preact';

/** What a component may hold. */
export type Children = ComponentChildren;

/** Markup in a template: `` html`<p class="note">${text}</p>` ``. What is put in is text or elements, never markup. */
export const html = htm.bind(h) as (parts: TemplateStringsArray, ...values: unknown[]) => VNode;
