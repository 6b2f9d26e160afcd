import type { Lab } from '../lab.ts'
import { type Daemon, type EngineRoom, engineRoom } from './engine-room.ts'
import { serveFirewallCmd } from './firewall-cmd/serve-firewall-cmd.ts'

/** firewalld on a lab's host, with its own system bus. */
export interface Firewalld {
  /** Runs `firewall-cmd WORDS`; throws when it fails. */
  command(...words: readonly string[]): Promise<string>
  /** Does what `firewall-cmd --reload` does: rules that are only in the run-time configuration are lost. */
  reload(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
}

const buses = new WeakMap<EngineRoom, Promise<Daemon>>()

/**
 * Starts the system bus in /run/dbus. Docker and libvirt talk to firewalld over the bus when they start after
 * firewalld.
 */
export const systemBus = (room: EngineRoom): Promise<Daemon> => {
  const bus =
    buses.get(room) ??
    room.daemon('dbus-daemon', ['dbus-daemon', '--system', '--nofork', '--nopidfile'], async () =>
      room.hasSocket('/run/dbus/system_bus_socket'),
    )
  buses.set(room, bus)
  return bus
}

/** The D-Bus call that firewall-cmd makes, without the start-up time of its Python. */
const askOverBus = ['dbus-send', '--system', '--print-reply']
const service = ['--dest=org.fedoraproject.FirewallD1', '/org/fedoraproject/FirewallD1']
const stateProperty = [
  'org.freedesktop.DBus.Properties.Get',
  'string:org.fedoraproject.FirewallD1',
  'string:state',
]

/**
 * Starts firewalld with its packaged configuration: every interface is in the zone `public`.
 * @param settings - keys of firewalld.conf, such as `{ StrictForwardPorts: 'yes' }`
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
