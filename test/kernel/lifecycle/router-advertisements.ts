import { expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import { advertise } from '../../lab/router-advertisement.ts'
import { takeSnapshot } from '../../lab/snapshot.ts'
import { until } from '../../lab/until.ts'
import type { OpenLab } from './describe-lifecycle.ts'
import { mustSucceed, pilotOf, shop } from './pilot.ts'

const prefix = '2001:db8:77::'
const acceptRa = 'net.ipv6.conf.eth1.accept_ra'

const defaultRoutes = async ({ host }: Lab): Promise<string> =>
  host.mustRun(['ip', '-6', 'route', 'show', 'default'])

/** The router on the host's second network sends an advertisement, which gives the host its default route. */
const acceptAdvertisements = async (lab: Lab): Promise<void> => {
  await lab.host.setSysctl(acceptRa, 1)
  await expectRouteByAdvertisement(lab)
}

const expectRouteByAdvertisement = async (lab: Lab): Promise<void> => {
  const isTaken = async (): Promise<boolean> => {
    await advertise(lab.outside, 'eth0', prefix)
    return (await defaultRoutes(lab)).includes('proto ra')
  }
  await until('a route by a router advertisement', isTaken, { shows: () => defaultRoutes(lab) })
}

/** The host still accepts a new advertisement of the router. */
const expectRouteByNextAdvertisement = async (lab: Lab): Promise<void> => {
  await lab.host.run(['ip', '-6', 'route', 'del', 'default'])
  await expectRouteByAdvertisement(lab)
}

/**
 * The host's IPv6 default route comes from a router advertisement. The host must keep it, and accept the next
 * advertisement.
 */
export const routerAdvertisements = (open: OpenLab, backend: Backend): void => {
  test('a default route from router advertisements survives apply and destroy', async () => {
    const lab = await open()
    await acceptAdvertisements(lab)
    const { sysctls } = await takeSnapshot(lab.host)
    const pilot = pilotOf(lab, backend)
    const { changes } = await pilot.plan(shop())
    const set = changes.map(({ object }) => object).filter((object) => object.startsWith('sysctl net.ipv6'))
    const { stdout } = await lab.portolan(['inspect'])
    const facts = fromJson<HostFacts>(stdout)
    expect(facts.routes).toContainEqual(expect.objectContaining({ destination: '::/0', protocol: 'ra' }))
    expect(facts.interfaces).toContainEqual(expect.objectContaining({ name: 'eth1', autoconfigured: true }))
    expect(set).toEqual([`sysctl ${acceptRa}`, 'sysctl net.ipv6.conf.all.forwarding'])
    await pilot.apply(shop())
    expect(await defaultRoutes(lab)).toContain('proto ra')
    expect(await lab.host.sysctl(acceptRa)).toBe('2')
    await expectRouteByNextAdvertisement(lab)
    expect((await pilot.plan(shop())).changes).toEqual([])
    await pilot.destroy()
    expect(await defaultRoutes(lab)).toContain('proto ra')
    await expectRouteByNextAdvertisement(lab)
    expect((await takeSnapshot(lab.host)).sysctls).toBe(sysctls)
  })

  test('with --no-sysctl apply changes nothing, and the commands of its remedy keep the route', async () => {
    const lab = await open()
    await acceptAdvertisements(lab)
    const pilot = pilotOf(lab, backend)
    const refused = await pilot.run('apply', shop(), '--yes', '--no-sysctl', '--json')
    expect(refused.exitCode).toBe(3)
    expect(await lab.host.sysctl('net.ipv6.conf.all.forwarding')).toBe('0')
    const { conflicts } = fromJson<{
      readonly conflicts: readonly {
        readonly kind: string
        readonly remedy: { readonly commands: string[] }
      }[]
    }>(refused.stdout)
    for (const { kind, remedy } of conflicts) {
      if (kind !== 'ForwardingDisabled') continue
      for (const command of remedy.commands) await lab.host.mustRun(command.split(' '))
    }
    expect(await lab.host.sysctl('net.ipv6.conf.all.forwarding')).toBe('1')
    expect(await defaultRoutes(lab)).toContain('proto ra')
    await expectRouteByNextAdvertisement(lab)
  })

  test('the sh script keeps the route too', async () => {
    const lab = await open()
    await acceptAdvertisements(lab)
    const { stdout } = mustSucceed(
      'script',
      await pilotOf(lab, backend).run('script', shop(), '--format', 'sh'),
    )
    await lab.host.setSysctl('net.ipv6.conf.eth0.accept_ra', 1)
    await lab.host.mustRun(['sh', await lab.write('apply.sh', stdout)])
    expect(await lab.host.sysctl('net.ipv6.conf.all.forwarding')).toBe('1')
    expect(await lab.host.sysctl(acceptRa)).toBe('2')
    expect(await lab.host.sysctl('net.ipv6.conf.eth0.accept_ra')).toBe('1')
    expect(await defaultRoutes(lab)).toContain('proto ra')
  })

  test('a route that another program adds from advertisements stays, and accept_ra stays off', async () => {
    const lab = await open()
    await lab.host.setSysctl(acceptRa, 0)
    await lab.host.ip('route add ::/0 via fe80::1 dev eth1 proto ra metric 100')
    const pilot = pilotOf(lab, backend)
    await pilot.apply(shop())
    expect(await lab.host.sysctl(acceptRa)).toBe('0')
    expect(await defaultRoutes(lab)).toContain('proto ra')
    await pilot.destroy()
    expect(await defaultRoutes(lab)).toContain('proto ra')
  })
}
