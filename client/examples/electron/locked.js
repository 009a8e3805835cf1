// Why it is locked is in the page's address; what a license key leads to comes from the main process.
const status = document.querySelector('[role=status]');
const REASONS = {
  not_activated: '',
  unreachable: 'The license server could not be reached. Go online and try again.',
  lease_expired: 'This machine has been offline for too long. Go online once.',
  clock_set_back: "This machine's clock was set back. Set it right, or go online once.",
  SUSPENDED: 'The subscription is suspended. Ask whoever pays for it.',
};
const code = new URLSearchParams(location.search).get('code');
status.textContent = REASONS[code] ?? `The license is not good any more (${code}).`;

document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const result = await window.licensing.activate(new FormData(event.target).get('key'));
  if (!result.activated)
    status.textContent = result.problem?.detail ?? result.problem?.title ?? REASONS.unreachable;
});
