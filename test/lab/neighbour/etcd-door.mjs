/**
 * Usage: node etcd-door.mjs SOCKET PORT. A proxy from a Unix socket to a port: a process outside this network namespace
 * reaches the port through the socket file.
 */
import { connect, createServer } from 'node:net'

const [, , socket, port] = process.argv

createServer((outside) => {
  const inside = connect(Number(port), '127.0.0.1')
  for (const [one, other] of [
    [outside, inside],
    [inside, outside],
  ]) {
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}).listen(socket, () => console.log('open'))
