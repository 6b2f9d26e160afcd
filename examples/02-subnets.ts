// Picks subnets that overlap nothing on a host. The functions are pure: the same facts give the same answer. Every
// candidate that was skipped comes with the reason.
import { classicPool, PoolExhaustedError, parsePool, planSubnets } from 'portolan'

const facts = {
  nameservers: ['172.17.0.23'],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '10.0.0.0/8', interface: 'tun0' },
  ],
}

const [web, data] = planSubnets(facts, [
  { network: 'web', family: 'ip' },
  { network: 'data', family: 'ip6' },
])
console.log(`web: ${web?.subnet}, gateway ${web?.gateway}, of pool ${web?.pool}`)
for (const { candidate, detail } of web?.rejected ?? []) console.log(`  not ${candidate}: ${detail}`)
console.log(`data: a /64 of this machine's own, ${data?.pool?.startsWith('fd') ? 'by RFC 4193' : data?.pool}`)

// Own pools before the default one, and an own range to keep out of.
const pools = [parsePool('10.200.0.0/16:24'), classicPool]
const [build] = planSubnets(facts, [{ network: 'build', family: 'ip' }], pools, { allow: ['10.200.4.0/22'] })
console.log(`build: ${build?.subnet}`)

try {
  planSubnets(facts, [{ network: 'big', family: 'ip' }], [parsePool('10.200.0.0/16:24')])
} catch (error) {
  if (!(error instanceof PoolExhaustedError)) throw error
  console.log(`${error.code}: ${error.rejected.length} reason`)
}
