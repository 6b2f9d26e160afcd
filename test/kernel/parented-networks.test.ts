import { expect, test } from '@jest/globals'
import { backends } from '../lab/backend.ts'
import type { Lab } from '../lab/lab.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

const compose = (parent: string, subnet = '192.0.2.0/24'): string => `name: shop
services:
  web: { networks: [lan], ports: ["8080:80"] }
networks:
  lan:
    driver: macvlan
    driver_opts: { parent: ${parent} }
    ipam: { config: [{ subnet: ${subnet} }] }
`

const hostState = async (lab: Lab): Promise<string> =>
  (
    await lab.host.mustRun([
      'sh',
      '-c',
      'nft list ruleset; iptables-legacy-save | grep -v "^[#:]" || true; ip -d -o link; ip -o address; ip route show table all; sysctl -n net.ipv4.ip_forward',
    ])
  ).replaceAll(/valid_lft \S+ preferred_lft \S+|lft \S+|gc_timer +\S+| tentative|\\/g, '')

test('a network on a parent changes no rules, interfaces and sysctls of the host, and leases its addresses', async () => {
  await using lab = await labs.open()
  const file = await lab.write('compose.yaml', compose('eth0'))
  const before = await hostState(lab)
  const applied = await lab.portolan(['apply', '--yes', '-f', file])
  expect({ code: applied.exitCode, said: applied.stderr }).toEqual({ code: 0, said: '' })
  expect(await hostState(lab)).toBe(before)
  const plan = JSON.parse((await lab.portolan(['plan', '--json', '-f', file])).stdout)
  expect(plan.summary).toEqual({ add: 0, change: 0, remove: 0 })
  expect(plan.conflicts).toEqual([])
  expect(plan.parented).toEqual([
    expect.objectContaining({ name: 'lan', parent: 'eth0', driver: { kind: 'macvlan', mode: 'bridge' } }),
  ])
  // In the host's network, beside .2 and .3, which are the host's own addresses.
  expect(plan.addresses).toEqual([expect.objectContaining({ service: 'web', address: '192.0.2.4' })])
  expect(plan.leases.kept).toBe(2)
  await lab.portolan(['destroy', '--yes', '-p', 'shop'])
  expect(await hostState(lab)).toBe(before)
})

test('an address with a reachable neighbour is not leased', async () => {
  await using lab = await labs.open()
  await lab.client.ip('addr add 192.0.2.4/24 dev eth0')
  await lab.host.run(['ping', '-c', '1', '-W', '1', '192.0.2.4'])
  await lab.host.ip('neigh replace 192.0.2.4 lladdr 02:00:00:00:00:04 dev eth0 nud reachable')
  const file = await lab.write('compose.yaml', compose('eth0'))
  const plan = JSON.parse((await lab.portolan(['plan', '--json', '-f', file])).stdout)
  expect(plan.addresses).toEqual([expect.objectContaining({ address: '192.0.2.5' })])
})

test('a missing parent blocks apply, and nothing is changed', async () => {
  await using lab = await labs.open()
  const file = await lab.write('compose.yaml', compose('eth7'))
  const before = await hostState(lab)
  const { exitCode, stdout } = await lab.portolan(['apply', '--yes', '--json', '-f', file])
  expect(exitCode).toBe(3)
  expect(stdout).toContain('ParentUnusable')
  expect(await hostState(lab)).toBe(before)
})

test('a VLAN as parent is made and removed, or the error says that the kernel has no VLANs', async () => {
  await using lab = await labs.open()
  const file = await lab.write('compose.yaml', compose('eth1.100', '203.0.113.0/28'))
  const before = await hostState(lab)
  const applied = await lab.portolan(['apply', '--yes', '-f', file])
  const hasVlans = (
    await lab.host.run(['ip', 'link', 'add', 'link', 'eth1', 'name', 'v9', 'type', 'vlan', 'id', '9'])
  ).exitCode
  if (hasVlans !== 0) {
    expect(applied.exitCode).toBe(1)
    expect(applied.stderr).toContain('this kernel has no links of kind vlan')
    expect(applied.stderr).toContain('Nothing was changed.')
  } else {
    await lab.host.ip('link del v9')
    expect(applied.exitCode).toBe(0)
    expect(await lab.host.mustRun(['ip', '-d', 'link', 'show', 'eth1.100'])).toContain(
      'vlan protocol 802.1Q id 100',
    )
    expect(JSON.parse((await lab.portolan(['plan', '--json', '-f', file])).stdout).summary.add).toBe(0)
    await lab.portolan(['destroy', '--yes', '-p', 'shop'])
  }
  expect(await hostState(lab)).toBe(before)
})

const withBridge = `name: shop
services:
  a: { networks: [lan, br], ports: ["8080:80"] }
networks:
  lan: { driver: macvlan, driver_opts: { parent: eth1.100 }, ipam: { config: [{ subnet: 203.0.113.0/28 }] } }
  br: {}
`
const bridgeOnly = `name: shop
services: { a: { networks: [br], ports: ["8080:80"] } }
networks: { br: {} }
`

test.each(backends)(
  'apply on a kernel without VLANs changes nothing, also where %s would replace the rules of another backend',
  async (backend) => {
    await using lab = await labs.open()
    const file = await lab.write('compose.yaml', withBridge)
    const apply = (path: string, by: string) =>
      lab.portolan(['apply', '--yes', '-f', path, '--backend', by, '--json'])
    const leases = async () => (await lab.portolan(['status', '--json'])).stdout
    const before = await hostState(lab)
    const refusal = await apply(file, backend)
    const isRefused = refusal.exitCode !== 0
    const plan = JSON.parse((await lab.portolan(['plan', '--json', '-f', file])).stdout)
    if (!isRefused) {
      expect(plan.summary).toEqual({ add: 0, change: 0, remove: 0 })
      await lab.portolan(['destroy', '--yes', '-p', 'shop'])
      expect(await hostState(lab)).toBe(before)
      return
    }
    expect(refusal.stdout).toContain('CONFIG_VLAN_8021Q')
    expect(refusal.stdout).toContain('Nothing was changed.')
    expect(plan.changes[0].object).toBe('vlan eth1.100')
    expect(await hostState(lab)).toBe(before)
    const other = backend === 'nftables' ? 'iptables-legacy' : 'nftables'
    const first = await lab.write('first.yaml', bridgeOnly)
    expect((await apply(first, other)).exitCode).toBe(0)
    const running = [await hostState(lab), await leases()]
    expect((await apply(file, backend)).exitCode).toBe(1)
    expect([await hostState(lab), await leases()]).toEqual(running)
    await lab.portolan(['destroy', '--yes', '-p', 'shop'])
  },
)
