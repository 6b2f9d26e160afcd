// Shows what Portolan would do for a Compose file on a host. The host here is a few facts about another machine. So
// nothing is read from this one, and planning never changes anything. Leave `facts` and `rules` out to plan for this
// host.
import { plan, readCompose } from 'portolan'

const intent = readCompose(
  `
name: shop
services:
  nginx:
    ports: ["8080:80", "127.0.0.1:8443:443"]
`,
  { source: 'compose.yaml' },
)

const facts = {
  interfaces: [{ name: 'eth0', up: true, addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: '172.17.0.0/16', interface: 'wg0', table: 51820 }],
  sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: 'caddy' }],
  sysctls: { 'net.ipv4.ip_forward': '1' },
} as const

const p = await plan(intent, { facts, rules: null, backend: 'nftables' })

for (const { network, subnet, rejected } of p.subnets) {
  console.log(`${network}: ${subnet}`)
  for (const { candidate, detail } of rejected) console.log(`  not ${candidate}: ${detail}`)
}
for (const { service, address } of p.addresses) console.log(`${service}: ${address}`)
for (const { kind, severity, message, remedy } of p.conflicts) {
  console.log(`${severity} ${kind}: ${message}`)
  console.log(`  ${remedy.text}`)
}
console.log(`${p.summary.add} to add, ${p.summary.change} to change, ${p.summary.remove} to remove`)
