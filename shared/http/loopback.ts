/** Whether a URL's host name is this machine: what is sent there without TLS leaves it nowhere. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
