import { expect, test } from '@jest/globals'
import type { Backend } from '../../lab/backend.ts'
import type { OpenLab } from '../lifecycle/describe-lifecycle.ts'
import { inShopAgain } from '../live/in-live-host.ts'
import { bareMachine, heldOf, portsOf, request, web } from './in-namespace.ts'

/** Routes inside that bypass the endpoint's interface, and default routes that replace others. */
export const routes = (open: OpenLab, backend: Backend): void => {
  test('attach is refused where another interface leads to the subnet, and replaces earlier default routes of its own interface', async () => {
    const lab = await open()
    const one = await bareMachine(lab, 'web-1')
    await inShopAgain(lab, backend, `${web}; report(0)`)
    const before = await heldOf(lab)
    await one.ip(
      'link add eth9 type bridge',
      'link set eth9 up',
      'address add 172.17.3.4/24 dev eth9',
      // The address of a service on lo, and a route to a larger prefix that contains the network's: both are no fault.
      'address add 172.17.0.77/32 dev lo',
      'route add 172.16.0.0/12 dev eth9',
    )
    const inside = `
      const inside = (...words) => run('nsenter', '--net=/proc/${one.pid}/ns/net', 'ip', ...words)
      const outcomeOf = (more) => host.attach({ ...${request(one, 'web-1')}, ...more }).then(() => 'done', ({ code, message }) => code + ' ' + message)
      const defaults = () => [inside('route', 'show', 'default'), inside('-6', 'route', 'show', 'default')].map((text) => text.trim().replace(/ pref medium/g, ''))`
    expect(
      await inShopAgain(
        lab,
        backend,
        `${inside}
         const all = [await outcomeOf({})]
         inside('address', 'del', '172.17.3.4/24', 'dev', 'eth9')
         inside('route', 'add', '172.17.4.0/24', 'dev', 'eth9')
         all.push(await outcomeOf({}))
         report([...all, host.endpoints()])`,
      ),
    ).toEqual([
      `NAMESPACE_OVERLAP Endpoint web-1 cannot be on network web with eth0: eth9 in the network namespace of process ${one.pid} has the address 172.17.3.4/24, and the network has 172.17.0.0/16. The two overlap, so packets for one of them would go to the other. Remove that address there (ip address delete 172.17.3.4/24 dev eth9); where eth9 is the interface of the endpoint itself, name it with interface, or give the network another subnet.`,
      expect.stringContaining('has a route to 172.17.4.0/24 by eth9, and the network has 172.17.0.0/16.'),
      [],
    ])
    expect([await portsOf(lab), await heldOf(lab)]).toEqual([[], before])
    const all = (await inShopAgain(
      lab,
      backend,
      `${inside}
       inside('route', 'del', '172.17.4.0/24')
       const { ip6: own } = await host.attach(${request(one, 'web-1')})
       const found = [defaults()]
       // These default routes are left where the network had another gateway before.
       inside('route', 'replace', 'default', 'via', '172.17.0.99', 'dev', 'eth0')
       inside('-6', 'route', 'replace', 'default', 'via', own + '9', 'dev', 'eth0')
       await outcomeOf({}); found.push(defaults())
       await outcomeOf({ metric: 7 }); found.push(defaults())
       await outcomeOf({}); found.push(defaults())
       await outcomeOf({ defaultRoute: false }); found.push(defaults())
       report([host.networks()[0].ip6.gateway, ...found])`,
    )) as readonly [string, ...(readonly string[])[]]
    const [gateway6] = all
    const by = (metric: number, metric6: number): readonly string[] => [
      `default via 172.17.42.1 dev eth0${metric === 0 ? '' : ` metric ${metric}`}`,
      `default via ${gateway6} dev eth0 metric ${metric6}`,
    ]
    expect(all.slice(1)).toEqual([by(0, 1024), by(0, 1024), by(7, 7), by(7, 7), ['', '']])
  })

  test('a shell script isolates attached ports again before it turns the bridge hooks off, and changes neither where a foreign port is on the bridge', async () => {
    const lab = await open({ bridgeNf: 0 })
    const text = `{name: shop, services: {web: {networks: [front], scale: 2}}, networks: {front: {driver_opts:
      {com.docker.network.bridge.enable_icc: "false", com.docker.network.bridge.name: br-front}, x-portolan: {pool: classic}}}}`
    const options = ['-f', await lab.write('compose.yaml', text), '--state', '/run/lab/live']
    expect(await lab.portolan(['apply', '--yes', ...options])).toMatchObject({ exitCode: 0 })
    for (const name of ['web-1', 'web-2']) {
      const { pid } = await bareMachine(lab, name)
      const attach = ['attach', 'front', '--netns', String(pid), '--name', name]
      expect(await lab.portolan([...attach, ...options])).toMatchObject({ exitCode: 0, stderr: '' })
    }
    const isolation = async (): Promise<readonly (string | undefined)[]> =>
      (await lab.host.mustRun(['ip', '-d', '-o', 'link'])).match(/isolated (on|off)|nf_call_iptables \d/g) ??
      []
    const isolated = await isolation()
    expect(isolated).toEqual(['nf_call_iptables 0', 'isolated on', 'isolated on'])
    await lab.host.ip('link set br-front type bridge nf_call_iptables 1 nf_call_ip6tables 1')
    for (const port of await portsOf(lab))
      await lab.host.mustRun(['bridge', 'link', 'set', 'dev', port, 'isolated', 'off'])
    const { exitCode, stdout, stderr } = await lab.portolan(['script', '--format', 'sh', ...options])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const script = await lab.write('again.sh', stdout)
    // The script reads ports in /sys, and a lab sees the machine's /sys.
    const runScript = async (): Promise<readonly (string | undefined)[]> => {
      const inSys = `mount -t sysfs sysfs /sys && exec sh ${script}`
      await lab.host.mustRun(['unshare', '--mount', 'sh', '-c', inSys])
      return isolation()
    }
    expect(await runScript()).toEqual(isolated)
    await lab.host.mustRun([
      'sh',
      '-c',
      `ip link add foreign type veth peer name other; ip link set foreign master br-front`,
    ])
    expect(await runScript()).toEqual([
      'nf_call_iptables 1',
      ...Array.from({ length: 3 }, () => 'isolated off'),
    ])
  })
}
