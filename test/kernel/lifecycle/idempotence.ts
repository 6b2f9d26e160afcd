import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { addresses } from '../../lab/topology.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

/** A second apply changes nothing, and a small change makes a small plan. */
export const idempotence = (open: OpenLab, backend: Backend): void => {
  test.each([
    ['a state directory', '/run/lab/state'],
    ['the default state directory', null],
  ])('after apply nothing is left to plan, with %s', async (_name, state) => {
    const lab = await open()
    const pilot = pilotOf(lab, backend, { state })
    const before = await pilot.plan(shop())
    expect(before.exitCode).toBe(2)
    expect(before.changes.length).toBeGreaterThan(0)
    await pilot.apply(shop())
    const after = await pilot.plan(shop())
    expect({ exitCode: after.exitCode, changes: after.changes }).toEqual({ exitCode: 0, changes: [] })
    expect(after.subnets.map(({ subnet }) => subnet)).toEqual(before.subnets.map(({ subnet }) => subnet))
    expect(after.addresses).toEqual(before.addresses)
    expect((await pilot.apply(shop())).exitCode).toBe(0)
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('the planned addresses and ports answer, with subnets that the planner chose', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    const plan = await pilot.plan(shop())
    const nginx = await attach(lab, plan, 'nginx')
    expect(nginx.address).not.toBeNull()
    expect(nginx.address6).not.toBeNull()
    for (const family of ['ip', 'ip6'] as const) {
      for (const protocol of ['tcp', 'udp'] as const) {
        const seen = await lab.client.probe({
          protocol,
          destination: addresses[family].host,
          port: 8080,
          timeoutMs: 3000,
        })
        expect(seen).toMatchObject({ delivered: true, by: 'nginx', source: addresses[family].client })
      }
    }
  })

  test('one mapping more or less beside a hundred is at most eight changes', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const hundred = ['9000-9099:9000-9099']
    await pilot.apply(shop(hundred))
    const more = await pilot.plan(shop([...hundred, '8080:80']))
    expect(more.exitCode).toBe(2)
    // Two families, and a tree of chains may have to split a node.
    expect(more.changes.length).toBeGreaterThan(0)
    expect(more.changes.length).toBeLessThanOrEqual(8)
    await pilot.apply(shop([...hundred, '8080:80']))
    const less = await pilot.plan(shop(hundred))
    expect(less.changes.length).toBeGreaterThan(0)
    expect(less.changes.length).toBeLessThanOrEqual(8)
    expect(less.summary.add + less.summary.change + less.summary.remove).toBe(less.changes.length)
    await pilot.apply(shop(hundred))
    expect((await pilot.plan(shop(hundred))).changes).toEqual([])
  })

  test('plan shows a foreign flush of the whole ruleset, and the next apply restores the rules', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const plan = await pilot.applied(shop())
    await attach(lab, plan, 'nginx', { hairpin: true })
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    if (backend === 'iptables-legacy') {
      for (const program of ['iptables-legacy', 'ip6tables-legacy']) {
        for (const table of ['nat', 'mangle', 'filter']) {
          await lab.host.mustRun([program, '-t', table, '-F'])
          await lab.host.mustRun([program, '-t', table, '-X'])
        }
      }
    }
    expect((await pilot.plan(shop())).exitCode).toBe(2)
    await pilot.apply(shop())
    expect((await pilot.plan(shop())).changes).toEqual([])
    const seen = await lab.client.probe({
      protocol: 'tcp',
      destination: addresses.ip.host,
      port: 8080,
      timeoutMs: 3000,
    })
    expect(seen).toMatchObject({ delivered: true, by: 'nginx' })
  })

  test('two projects share a host, and destroy of one leaves the other in force', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const bakery = shop(['8181:80']).replace('name: shop', 'name: bakery').replaceAll('nginx', 'oven')
    await pilot.apply(shop())
    await pilot.apply(bakery)
    const plan = await pilot.plan(shop())
    expect(plan.changes).toEqual([])
    expect((await pilot.plan(bakery)).changes).toEqual([])
    await attach(lab, plan, 'nginx', { hairpin: true })
    await pilot.apply(shop())
    const { exitCode, stderr } = await pilot.run('destroy', null, '-p', 'bakery', '--yes')
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect((await pilot.plan(shop())).changes).toEqual([])
    const seen = await lab.client.probe({
      protocol: 'tcp',
      destination: addresses.ip6.host,
      port: 8080,
      timeoutMs: 3000,
    })
    expect(seen).toMatchObject({ delivered: true, by: 'nginx' })
    expect((await pilot.plan(bakery)).exitCode).toBe(2)
  })
}
