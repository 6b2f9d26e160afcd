// Publishes and unpublishes ports in one process, and prints its memory and descriptors after every tenth of the way.
// FLAT_BACKEND, FLAT_STATE, FLAT_COUNT (the number of ports), FLAT_LISTS (1: twenty ports a call, where each call
// starts programs). Run with --expose-gc.
import { readdirSync } from 'node:fs'
import { openHost } from 'portolan'

const { FLAT_BACKEND: backend, FLAT_STATE: state } = process.env
const count = Number(process.env.FLAT_COUNT)
const inLists = process.env.FLAT_LISTS === '1'
/** The number of concurrent calls. They share walks through connection tracking, as calls of a busy program do. */
const together = 20

const held = () => {
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  const megabytes = (bytes) => Math.round(bytes / 104857.6) / 10
  return {
    heap: megabytes(heapUsed + external),
    rss: megabytes(rss),
    descriptors: readdirSync('/proc/self/fd').length,
  }
}

const host = await openHost({ backend, project: 'shop', state })
await host.ensureNetwork('web', { pool: 'classic' })
await host.lease('web', 'web-1')
const to = { endpoint: 'web-1', port: 80 }
/** The first walk opens a socket and runs after the calls, so this waits for it. */
const say = async (ports) => {
  await host.settled()
  console.log(JSON.stringify({ ports, ...held() }))
}
const calls = []
for (let done = 0; done < count; done += together) {
  if (done % (count / 10) < together && done >= count / 10) await say(done)
  const ports = Array.from({ length: together }, (_, at) => 9000 + ((done + at) % 1000))
  for (const requests of inLists ? [ports] : ports.map((port) => [port]))
    calls.push(host.publish(requests.map((hostPort) => ({ hostPort, to }))))
  await Promise.all(calls.splice(0))
  for (const requests of inLists ? [ports] : ports.map((port) => [port]))
    calls.push(host.unpublish(requests.map((hostPort) => ({ hostPort }))))
  await Promise.all(calls.splice(0))
}
await say(count)
await host.close()
