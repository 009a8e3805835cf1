// A server that does nothing: what Node, Nginx and this machine can do at most. Its only argument is the port.
import { createServer } from 'node:http';

const body = Buffer.from(JSON.stringify({ status: 'valid', premium: true, plan_type: 'pro' }));
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };

createServer((_, response) => {
  response.writeHead(200, headers);
  response.end(body);
}).listen(Number(process.argv[2]), '127.0.0.1');
