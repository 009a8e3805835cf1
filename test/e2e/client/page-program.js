import { createLicensing, localStorageStore } from '@license-system/client';

/** A program in a page, from its first start to its last. A client that was made new knows what is stored alone. */
globalThis.program = async (url, licenseKey) => {
  const start = () => createLicensing({ url, product: 'app', store: localStorageStore() });
  const codes = [(await start().check()).code];
  const activation = await start().activate(licenseKey);
  const { code, source } = await start().check();
  codes.push(code, source);
  const deactivation = await start().deactivate();
  codes.push((await start().check()).code);
  return { activation, deactivation, codes };
};
