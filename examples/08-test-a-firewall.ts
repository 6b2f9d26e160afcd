// A firewall of one's own, property-tested against a Compose file: fast-check draws what the firewall is configured
// with, finds a port that breaks, and shrinks it to the one rule that shows why. No root, no Linux, no rule of this host.
import { readCompose } from '@portolan/core'
import { type FakeHost, fakeHost, smallHost } from '@portolan/testing'
import fc from 'fast-check'

const shop = readCompose('{name: shop, services: {web: {ports: ["8080:80"]}}}', { source: 'compose.yaml' })

/** The firewall under test: it refuses to forward what comes from ranges that no machine outside should have. */
const firewall = (ranges: readonly string[]): string => `table ip firewall {
  chain forward {
    type filter hook forward priority filter; policy accept;
    ${ranges.map((range) => `ip saddr ${range} drop`).join('\n    ')}
  }
}`
const bogons = ['0.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '224.0.0.0/4']

const shopBehind = async (ranges: readonly string[]): Promise<FakeHost> => {
  const host = fakeHost(smallHost, { nft: firewall(ranges) })
  await host.apply(await host.plan(shop))
  return host
}

// In a suite: fc.assert, and expect(await shopBehind(ranges)).toHaveNoConflicts({ severity: 'error' }).
const works = fc.asyncProperty(fc.subarray(bogons), async (ranges) =>
  (await shopBehind(ranges)).conflicts().every(({ severity }) => severity !== 'error'),
)
const { counterexample } = await fc.check(works, { seed: 42 })

const [ranges = []] = counterexample ?? []
console.log(firewall(ranges))
const broken = await shopBehind(ranges)
const [conflict] = broken.conflicts()
console.log(conflict?.message)
if (conflict?.witness) console.log(String(broken.send(conflict.witness)))
