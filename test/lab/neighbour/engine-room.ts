import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import type { Lab } from '../lab.ts'
import type { Machine } from '../machine.ts'
import { type RunOptions, type RunOutcome, start } from '../run.ts'
import { until } from '../until.ts'
import { named } from '../waiting.ts'
import { removeCgroup } from './cgroup.ts'

/**
 * A room on a lab's host where the real programs of other projects run: dockerd, podman, CNI plugins, firewalld, ufw,
 * libvirtd, fail2ban. They have the host's network, /run, /var/lib and /etc (a copy of the machine's), and a process
 * namespace of their own. The machine itself is not changed, and closing the lab ends every process.
 *
 *     await using lab = await openLab()
 *     const docker = await startDocker(lab) // docker.ts; the others look the same
 *     const web = await docker.run({ name: 'web', publish: ['8080:80'] })
 *     await lab.client.probe({ protocol: 'tcp', destination: addresses.ip.host, port: 8080 }) // by: 'web'
 *     await docker.restart()
 *
 * A container is a `Machine`. Default: it has services on TCP and UDP port 80.
 */
export interface EngineRoom extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  run(argv: readonly string[], options?: RunOptions): Promise<RunOutcome>
  mustRun(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Starts a daemon, and waits until `ready` tells that it serves. */
  daemon(name: string, argv: readonly string[], ready: () => Promise<boolean>): Promise<Daemon>
  /** The cgroup for everything in the room, which is removed at the end. */
  readonly cgroup: string
  /** The path at which the test process reaches a file of the room. */
  outside(path: string): string
  /** Tells whether a socket file exists at this path. It calls no program, so a test may ask often. */
  hasSocket(path: string): boolean
}

/** The parts of a lab that these programs need. A host of a cluster has them too. */
export type EngineHost = Pick<Lab, 'host' | 'use'>

export interface Daemon {
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>
  /** Sends a signal, such as SIGHUP to reload. */
  signal(name: 'HUP' | 'USR1' | 'KILL'): Promise<void>
}

// The networks and zones of this machine's administrator are removed: tests would depend on them. The host reads the
// administrator's /etc too, so the copy is mounted for the whole host. The engines mount the network namespaces of
// their containers in /run. A shared mount shows them to the host.
const ownPlaces = `
mkdir -p /run/lab/etc /run/lab/home
cp -a /etc/. /run/lab/etc/
cd /run/lab/etc
rm -rf docker containers/networks/* containers/containers.conf* cni/net.d/* netplan/* systemd/network/*
rm -rf libvirt/qemu/networks/*.xml libvirt/qemu/networks/autostart/*
rm -rf firewalld/zones/* firewalld/policies/* firewalld/direct.xml
mount --bind /run/lab/etc /etc
mount --make-shared /run
for place in /var/log /var/cache /var/tmp; do mount -t tmpfs tmpfs $place; done
mkdir -p /var/log/libvirt /var/cache/libvirt /var/lib/libvirt/dnsmasq /var/lib/ufw /run/dbus`

// The new /sys shows the links of the host's network; the machine's own /sys shows those of the machine. The last
// program is the first process of the process namespace: it reaps orphans, which a plain sleep would leave as zombies.
// /opt and /root are hidden only in the room: Node and this repository may be there, and the host needs them.
const roomScript = `
for place in /opt /root; do mount -t tmpfs tmpfs $place; done
mount --rbind /sys/fs/cgroup /mnt
mount -t sysfs sysfs /sys
mount --rbind /mnt /sys/fs/cgroup
umount -l /mnt
exec /usr/bin/python3 -S -E -c '
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
while True: signal.pause()'`

const environment = (): Readonly<Record<string, string | undefined>> => ({
  PATH: `/run/lab/bin:/usr/local/sbin:/usr/sbin:/sbin:${process.env.PATH}`,
  HOME: '/run/lab/home',
  NODE_OPTIONS: undefined,
})

const open = async (lab: EngineHost): Promise<EngineRoom> => {
  await lab.host.mustRun(['sh', '-ec', ownPlaces])
  const unshare = [
    'unshare',
    '--mount',
    '--propagation=unchanged',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ]
  const child = spawn('nsenter', [
    ...[`--target=${lab.host.pid}`, '--net', '--mount', '--'],
    // The programs must not outlive a test process that is killed.
    ...['setpriv', '--pdeathsig', 'KILL', ...unshare, 'sh', '-ec', roomScript],
  ])
  const ended = once(child, 'close')
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ready = Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`no room for programs on the host: ${stderr}`))),
  ])
  await named('a room for programs on the host', ready, () => stderr)
  // unshare itself stays outside the process namespace that it makes for its child, hence pid_for_children.
  const own = `/proc/${child.pid}/ns`
  const inside = ['nsenter', `--net=${own}/net`, `--mount=${own}/mnt`, `--pid=${own}/pid_for_children`, '--']
  const cgroup = `portolan-lab-${child.pid}`
  const withEnvironment = (options: RunOptions = {}): RunOptions => ({
    ...options,
    environment: { ...environment(), ...options.environment },
  })
  const room: EngineRoom = {
    cgroup,
    // /var/run is an absolute link, which would lead this process to the machine's own /run.
    outside: (path) => `/proc/${lab.host.pid}/root${path.replace(/^\/var\/run\//, '/run/')}`,
    hasSocket: (path) => statSync(room.outside(path), { throwIfNoEntry: false })?.isSocket() === true,
    run: (argv, options) => lab.host.run([...inside, ...argv], withEnvironment(options)),
    mustRun: (argv, options) => lab.host.mustRun([...inside, ...argv], withEnvironment(options)),
    async daemon(name, argv, ready) {
      const pidFile = `/run/lab/${name}.pid`
      const script = `echo $$ >${pidFile}; exec "$@" >>/run/lab/${name}.log 2>&1 </dev/null`
      const running = start(
        [...inside, 'sh', '-c', script, name, ...argv],
        withEnvironment({ timeoutMs: 2 ** 31 - 1 }),
      )
      const log = (): Promise<string> => room.mustRun(['tail', '-n', '20', `/run/lab/${name}.log`])
      await until(`${name}, which serves`, ready, { beside: running, shows: log })
      const signal = async (which: string): Promise<void> => {
        await room.mustRun(['sh', '-c', `kill -${which} "$(cat ${pidFile})"`])
      }
      return {
        signal,
        async stop() {
          await signal('TERM')
          await named(`the end of ${name}`, running.outcome)
        },
      }
    },
    async [Symbol.asyncDispose]() {
      // A host of a pool may have another room later.
      rooms.delete(lab.host)
      child.kill('SIGKILL')
      await ended
      await removeCgroup(cgroup)
    },
  }
  return room
}

const rooms = new WeakMap<Machine, Promise<EngineRoom>>()

/** The room of a lab's host. The first call makes it, and it is closed with the lab. */
export const engineRoom = (lab: EngineHost): Promise<EngineRoom> => {
  const known = rooms.get(lab.host)
  if (known !== undefined) return known
  const room = open(lab).then((opened) => lab.use(opened))
  rooms.set(lab.host, room)
  return room
}

/** Makes `iptables` mean the legacy variant on this host, as `update-alternatives` does. */
export const useLegacyIptables = async (lab: EngineHost): Promise<void> => {
  const room = await engineRoom(lab)
  const links = ['iptables', 'ip6tables'].flatMap((family) =>
    ['', '-save', '-restore'].map((verb) => [family, verb] as const),
  )
  for (const [family, verb] of links) {
    await room.mustRun([
      'ln',
      '-sf',
      `/usr/sbin/${family}-legacy${verb}`,
      `/etc/alternatives/${family}${verb}`,
    ])
  }
}
