/**
 * The image's health check: code 0 if the service that runs in this container takes requests, 1 if it does not. The
 * image has no curl. PORT is the service's own setting.
 */
const answer = await fetch(`http://127.0.0.1:${process.env.PORT}/health`, {
  signal: AbortSignal.timeout(4_000),
}).catch((error: unknown) => new Response(String(error), { status: 503 }));
process.stdout.write(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
