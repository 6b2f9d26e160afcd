import { expect, test } from '@jest/globals'
import type { KeptSysctl } from '@portolan/core'
import { fromJson } from '../../from-json.ts'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import { addForeignRules } from '../../lab/foreign.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { mustSucceed, pilotOf, shop } from './pilot.ts'

const routed = (project: string): string =>
  shop(['80', '81:81/sctp'])
    .replace('name: shop', `name: ${project}`)
    .replace(
      '    enable_ipv6: true',
      `    enable_ipv6: true
    driver_opts: { com.docker.network.bridge.gateway_mode_ipv4: routed, com.docker.network.bridge.gateway_mode_ipv6: routed }`,
    )

/** After `destroy` the host is as before, also when other programs have rules on it. */
export const destroying = (open: OpenLab, backend: Backend): void => {
  test('restores rules, links, addresses, routes and sysctls as they were before apply', async () => {
    const lab = await open()
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    expect(await takeSnapshot(lab.host)).not.toEqual(before)
    await pilot.destroy()
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('keeps foreign rules of every backend byte for byte, and forwarding on, because they may rely on it', async () => {
    const lab = await open()
    await addForeignRules(lab.host)
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop(), '--force')
    const beside = await takeSnapshot(lab.host)
    expect(beside.nft).toContain('firewalld')
    await pilot.apply(shop(['8080:80', '9000-9050:9000-9050']), '--force')
    await pilot.apply(routed('bakery'), '--force')
    const { stdout, stderr } = mustSucceed(
      'destroy',
      await pilot.run('destroy', null, '--all', '--yes', '--json'),
    )
    const { kept } = fromJson<{ readonly kept: readonly KeptSysctl[] }>(stdout)
    expect(kept.map(({ name }) => name)).toEqual(['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
    // The kernel adds anycast routes on a router, so routes are not compared here.
    const { sysctls, routes: _routes, routes6: _routes6, ...rest } = await takeSnapshot(lab.host)
    expect(before).toMatchObject(rest)
    expect(sysctls).toContain('net.ipv4.ip_forward = 1')
    for (const { message, commands } of kept) {
      expect(stderr).toContain(message)
      for (const command of commands) await lab.host.mustRun(command.split(' '))
    }
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  test('takes the port of a container off the bridge, and keeps it', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop())
    const nginx = await attach(lab, planned, 'nginx')
    await pilot.apply(shop())
    await pilot.destroy()
    const [link] = fromJson<[object]>(await lab.host.mustRun(['ip', '-j', 'link', 'show', nginx.port]))
    expect(link).not.toHaveProperty('master')
    expect(await lab.host.mustRun(['ip', '-j', 'link', 'show', 'type', 'bridge'])).not.toContain('portolan')
  })

  test('keeps forwarding of a single interface that another program switched on', async () => {
    const lab = await open()
    await lab.host.setSysctl('net.ipv4.conf.eth1.forwarding', 1)
    await lab.host.setSysctl('net.ipv6.conf.eth1.forwarding', 1)
    const before = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    await pilot.destroy()
    expect((await takeSnapshot(lab.host)).sysctls).toBe(before.sysctls)
  })

  test('changes nothing on a host with only foreign rules', async () => {
    const lab = await open()
    await addForeignRules(lab.host)
    const before = await takeSnapshot(lab.host)
    await pilotOf(lab, backend).destroy()
    expect(await takeSnapshot(lab.host)).toEqual(before)
  })

  // In nftables no chain can jump into a chain of another table.
  if (backend !== 'nftables')
    test('keeps a chain of ours that a foreign rule jumps to, names the rule, and removes the chain once the rule is gone', async () => {
      const lab = await open()
      const pilot = pilotOf(lab, backend)
      await pilot.apply(shop())
      await lab.host.mustRun([backend, '-t', 'mangle', '-N', 'MINE'])
      await lab.host.mustRun([backend, '-t', 'mangle', '-A', 'MINE', '-j', 'PORTOLAN-FORWARD'])
      const mine = ['-N MINE', '-A MINE -j PORTOLAN-FORWARD']
      const { stderr } = await pilot.destroy()
      expect(stderr).toContain('"-A MINE -j PORTOLAN-FORWARD" leads to it')
      const listed = (await lab.host.mustRun([backend, '-t', 'mangle', '-S'])).split('\n')
      expect(listed).toEqual(expect.arrayContaining(mine))
      expect(listed.filter((line) => line.includes('PORTOLAN'))).toEqual(['-N PORTOLAN-FORWARD', mine[1]])
      await pilot.destroy()
      await lab.host.mustRun([backend, '-t', 'mangle', '-F', 'MINE'])
      expect((await pilot.destroy()).stderr).not.toContain('leads to it')
      expect(await lab.host.mustRun([backend, '-t', 'mangle', '-S'])).not.toContain('PORTOLAN')
    })

  if (backend !== 'nftables')
    test('removes chains of ours that were renamed, and apply makes them again', async () => {
      const lab = await open()
      const before = await takeSnapshot(lab.host)
      const pilot = pilotOf(lab, backend)
      const rename = async (): Promise<void> => {
        for (const [table, from, to] of [
          ['mangle', 'PORTOLAN-FORWARD', 'other'],
          ['nat', 'PORTOLAN-DNAT', 'another'],
        ] as const)
          await lab.host.mustRun([backend, '-t', table, '-E', from, to])
      }
      await pilot.apply(shop())
      await rename()
      expect((await pilot.plan(shop())).exitCode).toBe(2)
      await pilot.apply(shop())
      expect((await pilot.plan(shop())).changes).toEqual([])
      expect(await lab.host.mustRun([`${backend}-save`])).not.toMatch(/^:(an)?other /m)
      await rename()
      await pilot.destroy()
      expect(await takeSnapshot(lab.host)).toEqual(before)
    })
}
