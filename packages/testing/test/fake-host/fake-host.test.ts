import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import type { PacketInput } from '@portolan/netfilter'
import { type FakeHost, fakeHost, NotSimulatedError, smallHost } from '@portolan/testing'
import { backends } from 'portolan/machine'

const shop = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })

const client: PacketInput = {
  family: 'ip',
  in: 'eth0',
  source: '198.51.100.7',
  sourcePort: 40_000,
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
}

describe.each(backends)('a simulated host with %s', (backend) => {
  const planned = async (host: FakeHost = fakeHost()): Promise<FakeHost> => {
    await host.apply(await host.plan(shop, { backend }))
    return host
  }

  test('delivers what a plan publishes, and has nothing left to plan then', async () => {
    const host = fakeHost()
    expect(host.send(client)).toMatchObject({ outcome: 'local', to: { kind: 'host', listens: false } })
    await planned(host)
    expect(host.send(client)).toMatchObject({
      outcome: 'delivered',
      certainty: 'certain',
      to: { kind: 'container', project: 'shop', network: 'default', service: 'web', port: 80 },
      seenAs: { source: '198.51.100.7' },
    })
    const { changes, leases } = await host.plan(shop, { backend })
    expect({ changes, taken: leases?.changes }).toEqual({ changes: [], taken: [] })
    expect(host.conflicts()).toEqual([])
  })

  test('drops what the contract closes, and says which rule does', async () => {
    const host = await planned()
    const [address = ''] = (await host.plan(shop, { backend })).addresses.map((one) => one.address)
    const direct = host.send({ ...client, destination: address, destinationPort: 80 })
    expect(direct.outcome).toBe('dropped')
    expect(direct.to).toBeNull()
    expect(String(direct)).toMatch(/^Dropped by /m)
  })

  test('is as it was before once all is destroyed', async () => {
    const foreign = {
      iptables: '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    }
    const host = fakeHost(smallHost, foreign)
    const before = { facts: host.facts, text: host.text() }
    await planned(host)
    expect(host.text()).not.toBe(before.text)
    const { complete, projects } = await host.destroy({ project: 'shop' })
    expect({ complete, projects }).toEqual({ complete: true, projects: ['shop'] })
    expect(host.facts).toEqual(before.facts)
    if (backend !== 'iptables-legacy') expect(host.text()).toBe(before.text)
    expect(await host.plan(shop, { backend }).then(({ leases }) => leases?.kept)).toEqual([])
  })

  test('shows in a plan what another program took away, and in no packet after its repair', async () => {
    const host = await planned()
    if (backend === 'iptables-legacy') host.drift.flushIptables('iptables-legacy')
    else host.drift.flushRuleset()
    expect(host.send(client).outcome).toBe('local')
    const repair = await host.plan(shop, { backend })
    expect(repair.changes.length).toBeGreaterThan(0)
    await host.apply(repair)
    expect(host.send(client).outcome).toBe('delivered')
  })

  test('refuses a plan that was made before something of ours changed', async () => {
    const host = fakeHost()
    const plan = await host.plan(shop, { backend })
    await host.apply(await host.plan({ ...shop, project: 'other' }, { backend }))
    await expect(host.apply(plan)).rejects.toThrow('changed after the plan was made')
  })

  test('tells of foreign rules that stop what is published', async () => {
    const host = await planned()
    host.foreign.iptables(
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -s 198.51.100.0/24 -j DROP\nCOMMIT\n',
    )
    const { outcome, culprit } = host.send(client)
    expect({ outcome, text: culprit?.text }).toEqual({
      outcome: 'dropped',
      text: '-A FORWARD -s 198.51.100.0/24 -j DROP',
    })
    const kinds = host.conflicts().map(({ kind }) => kind)
    expect(kinds).toContain('ForwardDropped')
  })
})

describe('a simulated host', () => {
  test('refuses by name what it does not simulate', async () => {
    const host = fakeHost()
    const options = { fix: true } as object
    await expect(host.plan(shop, options)).rejects.toThrow(NotSimulatedError)
    await expect(host.plan(shop, options)).rejects.toThrow('The option fix of plan is not simulated')
  })

  test.each([
    ['-A FORWARD -j NOPE', '"-j NOPE" in line 3, column 12 of the text of iptables-save', 'this target'],
    [
      '-A FORWARD -m nope --nope 3 -j DROP',
      '"-m nope --nope 3" in line 3, column 12 of the text of iptables-save',
      'this match',
    ],
    [
      '-A FORWARD -s example.invalid -j DROP',
      '"-s example.invalid" in line 3, column 12 of the text of iptables-save',
      'this match',
    ],
  ])('refuses the foreign rule %s, which it cannot evaluate', (line, what, part) => {
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n${line}\nCOMMIT\n`
    const message = `${what} is not simulated: ${part} is not known, or its options do not fit it. Correct it, or leave the rule out.`
    const host = fakeHost()
    expect(() => host.foreign.iptables(text)).toThrow(NotSimulatedError)
    expect(() => host.foreign.iptables(text)).toThrow(message)
    expect(() => fakeHost(smallHost, { iptables: text })).toThrow(message)
  })

  test('refuses the foreign rule that iptables-restore refuses, with its place', () => {
    const refused = (line: string) => () =>
      fakeHost(smallHost, { iptables: `*filter\n:FORWARD ACCEPT [0:0]\n${line}\nCOMMIT\n` })
    expect(refused('-A FORWRD -j DROP')).toThrow(
      'iptables-save:3:4: iptables-restore refuses this line: no line before this one declares the chain FORWRD: did you mean "FORWARD"?',
    )
    expect(refused('-A FORWARD -p tcp -m tcp --dport 99999 -j DROP')).toThrow(
      'iptables-save:3:34: iptables-restore refuses this line: port 99999 is above 65535, the last one.',
    )
    expect(refused('-A FORWARD -j MASQUERADE')).toThrow(
      'iptables-save:3:15: iptables-restore refuses this line: the kernel takes MASQUERADE in table nat only, and this is table filter.',
    )
  })
})
