import type { Lab } from '../lab.ts'
import { type Daemon, type EngineRoom, engineRoom } from './engine-room.ts'
import { serveFirewallCmd } from './firewall-cmd/serve-firewall-cmd.ts'

/** firewalld on a lab's host, with a system bus of its own. */
export interface Firewalld {
  /** `firewall-cmd WORDS`; throws when it fails. */
  command(...words: readonly string[]): Promise<string>
  /** As `firewall-cmd --reload`: what only the run-time configuration says is lost. */
  reload(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
}

const buses = new WeakMap<EngineRoom, Promise<Daemon>>()

/** The system bus in /run/dbus; Docker and libvirt talk to firewalld over it when they start after it. */
export const systemBus = (room: EngineRoom): Promise<Daemon> => {
  const bus =
    buses.get(room) ??
    room.daemon('dbus-daemon', ['dbus-daemon', '--system', '--nofork', '--nopidfile'], async () =>
      room.hasSocket('/run/dbus/system_bus_socket'),
    )
  buses.set(room, bus)
  return bus
}

/** What firewall-cmd asks, without the time that its Python takes to start. */
const askOverBus = ['dbus-send', '--system', '--print-reply']
const service = ['--dest=org.fedoraproject.FirewallD1', '/org/fedoraproject/FirewallD1']
const stateProperty = [
  'org.freedesktop.DBus.Properties.Get',
  'string:org.fedoraproject.FirewallD1',
  'string:state',
]

/**
 * Starts firewalld with the configuration of its package: every interface in the zone `public`.
 * @param settings - of firewalld.conf, such as `{ StrictForwardPorts: 'yes' }`
 */
export const startFirewalld = async (
  lab: Lab,
  settings: Readonly<Record<string, string>> = {},
): Promise<Firewalld> => {
  const room = await engineRoom(lab)
  await systemBus(room)
  for (const [key, value] of Object.entries({ DefaultZone: 'public', ...settings })) {
    await room.mustRun(['sed', '-i', `s/^#*${key}=.*/${key}=${value}/`, '/etc/firewalld/firewalld.conf'])
    await room.mustRun(['grep', '-q', `^${key}=${value}$`, '/etc/firewalld/firewalld.conf'])
  }
  const launch = (): Promise<Daemon> =>
    room.daemon('firewalld', ['firewalld', '--nofork', '--nopid', '--log-target=console'], async () => {
      const { stdout } = await room.run([...askOverBus, ...service, ...stateProperty])
      return stdout.includes('"RUNNING"')
    })
  let [daemon] = await Promise.all([launch(), serveFirewallCmd(lab, room)])
  const firewalld: Firewalld = {
    command: (...words) => room.mustRun(['firewall-cmd', ...words]),
    async reload() {
      await room.mustRun([
        ...askOverBus,
        '--reply-timeout=60000',
        ...service,
        'org.fedoraproject.FirewallD1.reload',
      ])
    },
    stop: () => daemon.stop(),
    async start() {
      daemon = await launch()
    },
    async restart() {
      await firewalld.stop()
      await firewalld.start()
    },
  }
  return firewalld
}
