import { expect, test } from '@jest/globals'
import { attach } from '../../lab/attach.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { typed } from '../../lab/typed.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { pilotOf, shop } from './pilot.ts'

const families = ['ip', 'ip6'] as const

/** Whether the host forwards between its two networks, which are not Portolan's. */
const forwardsForeign = async (lab: Lab): Promise<readonly boolean[]> =>
  Promise.all(
    families.map(async (family) => {
      const probe = { protocol: 'tcp', destination: addresses[family].outside, port: 7000 } as const
      return (await lab.client.probe({ ...probe, timeoutMs: 700 })).delivered
    }),
  )

const portAnswers = async (lab: Lab): Promise<readonly boolean[]> =>
  Promise.all(
    families.map(async (family) => {
      const probe = { protocol: 'tcp', destination: addresses[family].host, port: 8080 } as const
      return (await lab.client.probe({ ...probe, timeoutMs: 3000 })).delivered
    }),
  )

const forwardingOf = async (lab: Lab): Promise<readonly string[]> => [
  await lab.host.sysctl('net.ipv4.ip_forward'),
  await lab.host.sysctl('net.ipv6.conf.all.forwarding'),
]

/**
 * Forwarding makes the host a router. Portolan says so, blocks other traffic on request, and restores the old value.
 */
export const forwarding = (open: OpenLab, backend: Backend): void => {
  test('apply switches forwarding on with a note, and destroy switches it off', async () => {
    const lab = await open()
    await lab.outside.listen({ protocol: 'tcp', port: 7000 })
    const pilot = pilotOf(lab, backend)
    expect(await forwardsForeign(lab)).toEqual([false, false])
    const note = (await pilot.plan(shop())).conflicts.find(({ kind }) => kind === 'HostBecomesRouter')
    expect(note).toMatchObject({ severity: 'info' })
    await pilot.apply(shop())
    expect(await forwardingOf(lab)).toEqual(['1', '1'])
    expect(await forwardsForeign(lab)).toEqual([true, true])
    // Runs the command as printed. It names this project and this backend.
    const [command = ''] = note?.remedy?.commands ?? []
    const { exitCode, stdout } = await typed(lab, command)
    expect({ command, exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/Applied \d+ change/),
    })
    expect(await forwardsForeign(lab)).toEqual([false, false])
    await pilot.destroy()
    expect(await forwardingOf(lab)).toEqual(['0', '0'])
    expect(await forwardsForeign(lab)).toEqual([false, false])
  })

  test('a host that forwarded before apply gets no note, and still forwards after destroy', async () => {
    const lab = await open()
    await lab.host.setSysctl('net.ipv4.ip_forward', 1)
    await lab.host.setSysctl('net.ipv6.conf.all.forwarding', 1)
    const pilot = pilotOf(lab, backend)
    const plan = await pilot.plan(shop())
    expect(plan.conflicts.filter(({ kind }) => kind === 'HostBecomesRouter')).toEqual([])
    await pilot.apply(shop())
    await pilot.destroy()
    expect(await forwardingOf(lab)).toEqual(['1', '1'])
  })

  test('destroy leaves forwarding on where a sysctl file of the host sets it, and names the file', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    await lab.host.mustRun([
      ...['sh', '-ec'],
      'mkdir /run/lab/sysctl.d; mount --bind /run/lab/sysctl.d /etc/sysctl.d; echo net.ipv4.ip_forward=1 > /etc/sysctl.d/router.conf',
    ])
    const { stdout, stderr } = await pilot.destroy()
    expect(await forwardingOf(lab)).toEqual(['1', '0'])
    expect(`${stdout}${stderr}`).toContain('"net.ipv4.ip_forward=1" in /etc/sysctl.d/router.conf')
    await pilot.destroy()
    expect(await forwardingOf(lab)).toEqual(['1', '0'])
  })

  test('--guard-forwarding drops packets between two foreign interfaces, and nothing else', async () => {
    const lab = await open()
    await lab.outside.listen({ protocol: 'tcp', port: 7000 })
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop(), '--guard-forwarding')
    const nginx = await attach(lab, planned, 'nginx')
    expect(await forwardingOf(lab)).toEqual(['1', '1'])
    expect(await forwardsForeign(lab)).toEqual([false, false])
    expect(await portAnswers(lab)).toEqual([true, true])
    const toOutside = {
      protocol: 'tcp',
      destination: addresses.ip.outside,
      port: 7000,
      timeoutMs: 3000,
    } as const
    expect(await nginx.reach(toOutside)).toMatchObject({ delivered: true, source: addresses.ip.hostOutside })
    // Without the option the rules that block other traffic are removed.
    await pilot.apply(shop())
    expect(await forwardsForeign(lab)).toEqual([true, true])
  })

  // In nftables an accept in Portolan's table cannot override a drop in another table. There it is a conflict.
  if (backend === 'nftables') return

  test('a FORWARD policy of DROP, as Docker sets it, stops neither a published port nor packets to the outside', async () => {
    const lab = await open()
    await lab.outside.listen({ protocol: 'tcp', port: 7000 })
    const programs = [backend, backend.replace('ip', 'ip6')]
    for (const program of programs) await lab.host.mustRun([program, '-P', 'FORWARD', 'DROP'])
    const pilot = pilotOf(lab, backend)
    const planned = await pilot.applied(shop())
    const nginx = await attach(lab, planned, 'nginx')
    expect(await portAnswers(lab)).toEqual([true, true])
    const toOutside = {
      protocol: 'tcp',
      destination: addresses.ip6.outside,
      port: 7000,
      timeoutMs: 3000,
    } as const
    expect(await nginx.reach(toOutside)).toMatchObject({ delivered: true, source: addresses.ip6.hostOutside })
    expect(await forwardsForeign(lab)).toEqual([false, false])
    for (const program of programs) {
      expect(await lab.host.mustRun([program, '-S', 'FORWARD'])).toContain('-P FORWARD DROP')
    }
  })
}
