import { expect, test } from '@jest/globals'
import type { Runner } from '@portolan/core'
import type { Configurations } from '../../packages/portolan/src/firewalld/configuration.ts'
import { readByBus } from '../../packages/portolan/src/firewalld/read-by-bus.ts'
import { readByCommand } from '../../packages/portolan/src/firewalld/read-by-command.ts'
import { readFirewalld } from '../../packages/portolan/src/firewalld/read-firewalld.ts'
import { findUnsaved } from '../../packages/portolan/src/firewalld/unsaved.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type EngineRoom, engineRoom } from '../lab/neighbour/engine-room.ts'
import { type Firewalld, startFirewalld, systemBus } from '../lab/neighbour/firewalld.ts'
import { workerLabs } from '../lab/worker-labs.ts'

const labs = workerLabs()

/** Starts programs in the room behind words such as those of setpriv(1), and records which. */
const runnerIn = (
  room: EngineRoom,
  { as = [] }: { readonly as?: readonly string[] } = {},
): Runner & { readonly started: string[] } => {
  const started: string[] = []
  return {
    started,
    run: async (program, words, options = {}) => {
      started.push(program)
      const { exitCode, stdout, stderr } = await room.run([...as, program, ...words], options)
      return { exitCode: exitCode ?? 137, stdout, stderr }
    },
  }
}

const busOf = (room: EngineRoom): string => room.outside('/run/dbus/system_bus_socket')

/** Reads by both ways, and expects the same result. */
const readBothWays = async (room: EngineRoom): Promise<Configurations> => {
  const found = await readByBus(busOf(room))
  if (found === null) throw new Error('firewalld does not answer on the bus')
  expect(await readByCommand(runnerIn(room))).toEqual(found)
  return found
}

type Files = Readonly<Record<string, string>>

const zonesAndPolicies: Files = {
  'zones/öffentlich.xml': `<zone target="DROP"><short>Öffentlich</short>
    <source address="198.51.100.0/24"/><source address="2001:db8:5::/64"/><source ipset="banned"/>
    <service name="ssh"/><service name="dhcpv6-client"/><port port="7000-7010" protocol="udp"/><protocol value="esp"/>
    <icmp-block name="redirect"/><icmp-block-inversion/><masquerade/><forward/>
    <forward-port port="8080" protocol="tcp" to-port="80" to-addr="192.0.2.9"/>
    <forward-port port="8081" protocol="tcp" to-port="81"/><source-port port="53" protocol="udp"/>
    <rule priority="5" family="ipv4"><source address="203.0.113.7"/><log prefix="it's a &quot;ban&quot; " level="info"/><drop/></rule>
    <rule family="ipv6"><service name="http"/><accept/></rule></zone>`,
  'zones/z/inner.xml': '<zone target="ACCEPT"><port port="1" protocol="tcp"/></zone>',
  'zones/z/outer.xml': '<zone egress-priority="9"><port port="2" protocol="tcp"/><masquerade/></zone>',
  'zones/a-late_one.xml': '<zone ingress-priority="-3"><interface name="veth7"/></zone>',
  'policies/bans.xml': `<policy target="CONTINUE" priority="-7"><description>all
of
  them</description><ingress-zone name="public"/><egress-zone name="ANY"/>
    <rule family="ipv4"><source address="203.0.113.9"/><drop/></rule></policy>`,
  'policies/pl-br-front.xml':
    '<policy target="CONTINUE" priority="30000"><description>Portolan</description><ingress-zone name="public"/><egress-zone name="ANY"/></policy>',
  'policies/pl-br-back.xml': '<policy target="ACCEPT"><description>Portolan and more</description></policy>',
}

const ipsets: Files = {
  'ipsets/banned.xml': '<ipset type="hash:ip"><entry>203.0.113.1</entry><entry>203.0.113.2</entry></ipset>',
  'ipsets/timed.xml': '<ipset type="hash:net"><option name="timeout" value="60"/></ipset>',
}

const direct: Files = {
  'direct.xml': `<direct><rule ipv="ipv4" table="filter" chain="FORWARD" priority="3">-m comment --comment 'two words' -j ACCEPT</rule>
    <passthrough ipv="ipv6">-t filter -A INPUT -s 2001:db8:9::1 -j DROP</passthrough></direct>`,
}

/** Starts firewalld with an administrator's files in /etc/firewalld. */
const startWith = async (
  lab: Lab,
  files: Files,
): Promise<{ readonly firewalld: Firewalld; readonly room: EngineRoom }> => {
  const room = await engineRoom(lab)
  await room.mustRun([
    'mkdir',
    '-p',
    ...['zones/z', 'policies', 'ipsets'].map((one) => `/etc/firewalld/${one}`),
  ])
  for (const [file, text] of Object.entries(files)) await lab.host.writeText(`/etc/firewalld/${file}`, text)
  return { firewalld: await startFirewalld(lab), room }
}

describeBeside('firewalld, read over D-Bus and with firewall-cmd, gives the same', ['firewalld'], () => {
  test('zones, policies and ipsets, where its two configurations differ, in panic mode', async () => {
    await using lab = await labs.open()
    // Without direct rules: firewalld keeps ipsets with ipset(8) beside them, which some kernels lack.
    const { firewalld, room } = await startWith(lab, { ...zonesAndPolicies, ...ipsets })
    const whole = await readByBus(busOf(room))
    expect(whole === null ? 'nothing read' : findUnsaved(whole)).toBeNull()
    for (const words of [
      ['--panic-on'],
      ['--ipset=banned', '--add-entry=203.0.113.3'],
      ['--permanent', '--new-ipset=later', '--type=hash:ip'],
      ['--permanent', '--zone=a-late_one', '--add-service=http', '--add-service=https'],
      ['--permanent', '--policy=bans', '--set-priority=-8'],
    ])
      await firewalld.command(...words)
    const found = await readBothWays(room)
    const { now, permanent, ours } = found
    expect(ours).toEqual(['pl-br-front'])
    const linesOfZone = (name: string): readonly string[] | undefined =>
      now.zones.find((zone) => zone.name === name)?.lines
    expect(linesOfZone('öffentlich')).toEqual(
      expect.arrayContaining([
        'sources ipset:banned',
        'ports 7000-7010/udp',
        'forward-ports port=8080:proto=tcp:toport=80:toaddr=192.0.2.9',
        'source-ports 53/udp',
        'icmp-blocks redirect',
        'masquerade yes',
        'rich rule rule family="ipv6" service name="http" accept',
      ]),
    )
    expect(linesOfZone('z')).toEqual(expect.arrayContaining(['ports 1/tcp', 'ports 2/tcp', 'masquerade yes']))
    expect(now.entries.get('banned')).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.3'])
    expect(permanent.ipsets).toEqual(['banned', 'later', 'timed'])
    expect(findUnsaved(found)).toBe('priority -7 of policy bans is set at run time only')
  })

  test('direct rules, also where the bus is elsewhere', async () => {
    await using lab = await labs.open()
    const { firewalld, room } = await startWith(lab, direct)
    await firewalld.command('--direct', '--add-rule', 'ipv6', 'filter', 'INPUT', '0', '-j', 'DROP')
    const { now, permanent } = await readBothWays(room)
    expect(permanent.directRules).toEqual([
      "ipv4 filter FORWARD 3 -m comment --comment 'two words' -j ACCEPT",
    ])
    expect(now.directRules).toEqual([...permanent.directRules, 'ipv6 filter INPUT 0 -j DROP'])
    expect(now.passthroughs).toEqual(['ipv6 -t filter -A INPUT -s 2001:db8:9::1 -j DROP'])
    const runner = runnerIn(room)
    const known = await readFirewalld(runner, busOf(room))
    expect(known?.unsaved).toBe('direct rule ipv6 filter INPUT 0 -j DROP is set at run time only')
    expect(runner.started).toEqual([])
    expect(await readFirewalld(runner, '/run/no-bus')).toEqual(known)
  })

  test('nothing, where access is denied, firewalld is stopped, or the bus is stopped', async () => {
    await using lab = await labs.open()
    const firewalld = await startFirewalld(lab)
    const room = await engineRoom(lab)
    const bus = await systemBus(room)
    const expectNothingRead = async (as: readonly string[] = []): Promise<void> => {
      expect([await readByBus(busOf(room)), await readByCommand(runnerIn(room, { as }))]).toEqual([
        null,
        null,
      ])
    }
    const policy = (rules: string): Promise<void> =>
      lab.host.writeText('/etc/dbus-1/system.d/firewalld-lab.conf', `<busconfig>${rules}</busconfig>`)
    const readPolicy = ['dbus-send', '--system', '--print-reply', '--dest=org.freedesktop.DBus']
    await policy(
      '<policy context="mandatory"><deny send_destination="org.fedoraproject.FirewallD1"/></policy>',
    )
    await room.mustRun([...readPolicy, '/org/freedesktop/DBus', 'org.freedesktop.DBus.ReloadConfig'])
    await expectNothingRead(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'])
    await policy('')
    await room.mustRun([...readPolicy, '/org/freedesktop/DBus', 'org.freedesktop.DBus.ReloadConfig'])
    expect(await readByBus(busOf(room))).not.toBeNull()
    await firewalld.stop()
    await expectNothingRead()
    await bus.stop()
    await expectNothingRead()
  })
})
