import { type Backend, noRules, plan, readCompose } from 'portolan'
import { ordinaryFacts, ordinaryRules } from './ordinary-host.ts'

// Run by itself: the peak of a process's memory is that of all it did.
const [what = '', size = '', backend = '', host = ''] = process.argv.slice(2)

/** Each network with three services, two of which publish three ports. */
const manyNetworks = (count: number): string => {
  const networks: Record<string, object> = {}
  const services: Record<string, object> = {}
  for (let at = 0; at < count; at += 1) {
    const [network, port] = [`n${at}`, 10_000 + at * 3]
    networks[network] = {}
    services[`web${at}`] = { networks: [network], ports: [`${port}:80`, `${port + 1}:443`] }
    services[`api${at}`] = { networks: [network], ports: [`${port + 2}:8080/udp`] }
    services[`db${at}`] = { networks: [network] }
  }
  return JSON.stringify({ services, networks })
}

/** Half as many ports, each for both families. */
const manyMappings = (count: number): string => {
  const ports = `10000-${9_999 + count / 2}`
  const ipam = { config: [{ subnet: '10.128.0.0/24' }, { subnet: 'fd00:1::/64' }] }
  return JSON.stringify({
    services: { web: { ports: [`${ports}:${ports}`] } },
    networks: { default: { enable_ipv6: true, ipam } },
  })
}

const text = what === 'networks' ? manyNetworks(Number(size)) : manyMappings(Number(size))
const intent = readCompose(text, { source: 'compose.yaml' })
const start = process.hrtime.bigint()
const { changes } = await plan(intent, {
  facts: host === 'ordinary' ? ordinaryFacts : {},
  rules: host === 'ordinary' ? ordinaryRules() : noRules,
  backend: backend as Backend,
  pools: ['10.128.0.0/9:24'],
})
if (changes.length < Number(size)) throw new Error(`the plan has ${changes.length} changes only`)
const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
// In KiB (getrusage(2), as libuv gives it).
const megabytes = (process.resourceUsage().maxRSS * 1024) / 1e6
process.stdout.write(JSON.stringify({ milliseconds, megabytes }))
