import { expect, test } from '@jest/globals'
import type { Backend } from '../lab/backend.ts'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { containersBehind, expectedReach, openOpenedShop } from './remedies/opened.ts'

const labs = workerLabs()

type Family = 'ip' | 'ip6'

const programOf = (tool: string, family: Family): string =>
  family === 'ip' ? tool : tool.replace('iptables', 'ip6tables')

type Obstacle = (lab: Lab, family: Family) => Promise<unknown>

/** Docker 28's way to block other machines from its containers' addresses: one rule for each address. */
const dropsInRaw =
  (tool: string): Obstacle =>
  (lab, family) => {
    const rules = containersBehind(family).map(
      ([bridge, address]) => `-A PREROUTING -d ${address} ! -i ${bridge} -j DROP\n`,
    )
    return lab.host.mustRun([`${programOf(tool, family)}-restore`], {
      input: `*raw\n:PREROUTING ACCEPT\n${rules.join('')}COMMIT\n`,
    })
  }

const forwardPolicy =
  (tool: string): Obstacle =>
  (lab, family) =>
    lab.host.mustRun([programOf(tool, family), '-P', 'FORWARD', 'DROP'])

const dropsBeforeTracking: Obstacle = (lab, family) => {
  const rules = containersBehind(family).map(
    ([bridge, address]) => `${family} daddr ${address} iifname != "${bridge}" drop; `,
  )
  return lab.host.mustRun([
    'nft',
    `table inet guard { chain early { type filter hook prerouting priority -300; ${rules.join('')}}; }`,
  ])
}

const policyOfChain: Obstacle = (lab, family) =>
  lab.host.mustRun([
    'nft',
    `table ${family} guard { chain forward { type filter hook forward priority 0; policy drop; }; }`,
  ])

const cases: readonly (readonly [name: string, Backend, Family, Obstacle])[] = [
  ['drops in table raw of iptables-nft', 'nftables', 'ip6', dropsInRaw('iptables-nft')],
  ['drops in table raw of iptables-nft', 'iptables-nft', 'ip', dropsInRaw('iptables-nft')],
  ['drops in table raw of iptables-nft', 'iptables-legacy', 'ip', dropsInRaw('iptables-nft')],
  ['drops in table raw of iptables-legacy', 'nftables', 'ip', dropsInRaw('iptables-legacy')],
  ['drops of nft before connection tracking', 'iptables-nft', 'ip6', dropsBeforeTracking],
  ['the policy of FORWARD of iptables-nft', 'nftables', 'ip', forwardPolicy('iptables-nft')],
  ['the policy of FORWARD of iptables-nft', 'iptables-legacy', 'ip6', forwardPolicy('iptables-nft')],
  ['the policy of a chain of nft', 'nftables', 'ip6', policyOfChain],
]

describeOnKernel('remedies for containers that links and reachable_from open', 'iptables-legacy', () => {
  test.each(cases)('open nothing else: %s, with %s in %s', async (_, backend, family, addObstacle) => {
    await using lab = await labs.open()
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      await lab.host.setSysctl(name, 1)
    await addObstacle(lab, family)
    const shop = await openOpenedShop(lab, backend)
    expect(await shop.carryOutRemedies()).not.toEqual([])
    expect(await shop.apply()).toBe(0)
    expect(await shop.conflicts()).toEqual([])
    expect(await shop.reached(family)).toEqual(expectedReach)
  })
})
