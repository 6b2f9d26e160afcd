// Finds the rules on a host that would break a published port, and what to do about them. The rules come from another
// machine's dump: nothing is read here, and nothing needs root.

import { findConflicts, resolve } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { readCompose } from 'portolan'

const dump = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -s 198.51.100.66/32 -j DROP
COMMIT
`
const intent = readCompose('{name: shop, services: {web: {ports: ["8080:80"]}}}', { source: 'compose.yaml' })
const facts = {
  interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}
const { desired } = resolve(intent, facts)

// All present rules of the host, and the rules that Portolan would add.
const rulesets = [iptables.lower(iptables.parse(dump)), nftables.lower(nftables.compile(desired))]
for (const { severity, kind, mapping, culprit, witness, remedy } of findConflicts(desired, facts, rulesets)) {
  if (mapping === null) continue
  console.log(`${severity} ${kind}: ${culprit?.text}`)
  console.log(`  seen with ${witness?.source} to ${witness?.destination}:${witness?.destinationPort}`)
  // A remedy has commands, or only a text: a ban is an administrator's decision and has no commands.
  for (const line of remedy.commands.length > 0 ? remedy.commands : [remedy.text]) console.log(`  ${line}`)
}
