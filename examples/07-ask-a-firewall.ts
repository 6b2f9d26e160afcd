// Asks any Linux firewall about a packet, from a dump, without root and without that host. This also runs in a browser.
import { lower, parse } from '@portolan/iptables'
import { evaluate, explain, type Packet, printStory } from '@portolan/netfilter'

const dump = '*filter\n:INPUT DROP [0:0]\n-A INPUT -s 192.0.2.0/24 -p tcp --dport 22 -j ACCEPT\nCOMMIT\n'
const rules = lower(parse(dump))
const facts = { interfaces: [{ name: 'eth0', addresses: ['192.0.2.2/24'] }] }

for (const source of ['192.0.2.9', '198.51.100.7']) {
  const ssh: Packet = {
    family: 'ip',
    in: 'eth0',
    source,
    destination: '192.0.2.2',
    destinationPort: 22,
    protocol: 'tcp',
  }
  const outcome = evaluate(ssh, facts, rules)
  console.log(printStory(explain(ssh, outcome)))
}
