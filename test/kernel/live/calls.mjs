// Holds the project `shop` open and makes random calls. It prints each call before it is made and after its answer. It
// is a program of its own, so that a test can kill it at any instant. CALLS_SEED, CALLS_NAME (the prefix of its own
// names), CALLS_PORT (the first of its own host ports), CALLS_SHARED (1: it also uses names and ports of other
// callers), CALLS_COUNT, CALLS_BACKEND, CALLS_STATE, CALLS_LINK (an interface that is attached to every network that is
// made).
import { writeSync } from 'node:fs'
import { portolan } from '../../lab/library/load.mjs'

const { openHost } = portolan

const { CALLS_NAME: name = 'a', CALLS_BACKEND: backend, CALLS_STATE: state, CALLS_LINK: link } = process.env
const firstPort = Number(process.env.CALLS_PORT ?? 8000)
const count = Number(process.env.CALLS_COUNT ?? Number.POSITIVE_INFINITY)
const shared = process.env.CALLS_SHARED === '1'

// A linear congruential generator with the constants of Numerical Recipes. Its upper bits are the random ones.
let last = Number(process.env.CALLS_SEED ?? 1) >>> 0
const below = (limit) => {
  last = (Math.imul(last, 1664525) + 1013904223) >>> 0
  return Math.floor((last / 2 ** 32) * limit)
}
const pick = (list) => list[below(list.length)]

const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`)

const networks = shared ? ['common', name] : [name]
const endpointsOf = (network) =>
  network === 'common' ? ['one', 'two', `${name}-own`] : ['one', 'two', 'three']
/** A host port that all callers use, or only this one. Of every ten ports the last three are for one client only. */
const portOf = (network) => (network === 'common' ? 7000 : firstPort) + below(20)
const isRestricted = (port) => port % 10 >= 7

const allowFrom = ['192.0.2.9', '2001:db8:1::9']
const kinds = [
  ...['ensureNetwork', 'lease', 'lease', 'release', 'unpublishEndpoint'],
  ...Array.from({ length: 8 }, () => 'publish'),
  ...Array.from({ length: 5 }, () => 'unpublish'),
]

/** Mostly makes sure that a call can succeed. Errors are answers too, but they test little. */
const draw = (host) => {
  const network = pick(networks)
  const endpoint = pick(endpointsOf(network))
  const hostPort = portOf(network)
  if (below(50) === 0) return { kind: 'removeNetwork', args: [network] }
  const kind = pick(kinds)
  const isThere = host.networks().some((one) => one.name === network)
  if (kind === 'ensureNetwork' || (!isThere && below(10) > 0))
    return { kind: 'ensureNetwork', args: [network, { pool: 'classic', ipv6: true }] }
  const isLeased = host.endpoints().some((one) => one.network === network && one.service === endpoint)
  if (kind === 'lease' || (kind === 'publish' && !isLeased && below(10) > 0))
    return { kind: 'lease', args: [network, endpoint] }
  if (kind === 'release') return { kind, args: [network, endpoint] }
  if (kind === 'unpublishEndpoint') return { kind: 'unpublish', args: [{ endpoint, network }] }
  if (kind === 'unpublish') return { kind, args: [{ hostPort }] }
  const to = { endpoint, network, port: 80 }
  return { kind, args: [{ hostPort, to, ...(isRestricted(hostPort) ? { allowFrom } : {}) }] }
}

const host = await openHost({ backend, project: 'shop', state })
say({ opened: true })
for (let number = 1; number <= count; number += 1) {
  const call = draw(host)
  say({ begin: call })
  try {
    const result = await host[call.kind](...call.args)
    if (call.kind === 'ensureNetwork' && link !== undefined) await host.attachPort(link, call.args[0])
    say({ end: call, result: call.kind === 'lease' ? { ip: result.ip, ip6: result.ip6 } : null })
  } catch (error) {
    say({ end: call, error: error.code ?? error.name, message: error.message })
  }
}
await host.close()
say({ closed: true })
