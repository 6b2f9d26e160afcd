// Prints the stored ports of the project `shop` and the ports in the kernel's rules. With CALLS_REPAIR=1 it prints them
// again after a call that repairs what is missing.
import { iptables, nftables as nft, portolan, host as system } from '../../lab/library/load.mjs'

const { createRunner } = system
const { inspect, iptablesLegacy, iptablesNft } = iptables
const { nftables } = nft
const { openHost } = portolan

const { CALLS_BACKEND: backend, CALLS_STATE: state, CALLS_LINK: link } = process.env
const dialect = [nftables, iptablesNft, iptablesLegacy].find(({ name }) => name === backend)
const runner = createRunner()

const inForce = async () => {
  const rules =
    dialect === iptablesLegacy
      ? await inspect(runner, 'legacy')
      : await dialect.inspect({ runner, socket: null, legacyTables: async () => null })
  return dialect
    .published(rules)
    .map(({ family, hostPort, targets }) => `${family} ${hostPort} ${targets.map(({ address }) => address)}`)
    .sort()
}

const host = await openHost({ backend, project: 'shop', state })
const wanted = () => ({
  networks: host.networks().map(({ name, bridge, ip, ip6 }) => ({ name, bridge, ip, ip6 })),
  endpoints: host.endpoints().map(({ network, service, ip, ip6 }) => ({ network, service, ip, ip6 })),
  ports: host
    .published()
    .map(({ family, hostPort, targets }) => `${family} ${hostPort} ${targets.map(({ address }) => address)}`)
    .sort(),
})
const before = { ...wanted(), inForce: await inForce() }
let after = null
if (process.env.CALLS_REPAIR === '1') {
  await host.ensureNetwork('repair', { ipv4: { subnet: '10.99.0.0/24' } })
  if (link !== undefined && host.networks().some(({ name }) => name === 'a')) await host.attachPort(link, 'a')
  after = { ...wanted(), inForce: await inForce() }
}
await host.close()
console.log(JSON.stringify({ before, after }))
