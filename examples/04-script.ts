// The same plan as a firewall script, for hosts that Portolan does not run on: nft, nft's JSON, iptables-restore, or
// a shell script with the bridges and sysctls too.
import { plan, readCompose, script } from 'portolan'

const intent = readCompose('services: {web: {ports: ["8080:80"]}}', {
  source: 'compose.yaml',
  project: 'shop',
})
const planFor = (backend: 'nftables' | 'iptables-legacy') => plan(intent, { facts: {}, rules: null, backend })

const nftables = await planFor('nftables')
const iptables = await planFor('iptables-legacy')
const scripts = {
  nft: script(nftables, 'nft'),
  'nft-json': script(nftables, 'nft-json'),
  'iptables-restore': script(iptables, 'iptables-restore'),
  sh: script(iptables, 'sh'),
}

for (const [format, text] of Object.entries(scripts)) {
  const [port] = /8080.*/.exec(text) ?? []
  console.log(`${format}: ${port}`)
}
