import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Lab } from '../lab.ts'
import type { RunOptions, RunOutcome } from '../run.ts'
import { until as waitUntil } from '../until.ts'
import { removeCgroup } from './cgroup.ts'

const packaged = fileURLToPath(new URL('../../../packages/portolan/', import.meta.url))

/** The text of a systemd unit, as the package ships it. */
export const shippedUnit = (name: string): string => readFileSync(`${packaged}systemd/${name}`, 'utf8')

/**
 * systemd as the first process of a lab's host, as in a container. It has the host's network, /run and /var/lib. It has
 * its own cgroups, /etc, /dev and /usr/bin (with `portolan` in it). No unit of the machine runs. A service that
 * restarts does so after 100 ms, whatever its unit says.
 */
export interface Systemd extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  run(argv: readonly string[], options?: RunOptions): Promise<RunOutcome>
  mustRun(argv: readonly string[], options?: RunOptions): Promise<string>
  /** Writes a file under /etc/systemd/system, and makes systemd read it. */
  install(name: string, text: string): Promise<void>
  write(path: string, text: string): Promise<void>
  systemctl(...args: readonly string[]): Promise<RunOutcome>
  /** Properties of a unit, as `systemctl show` names them. */
  show<Name extends string>(unit: string, ...names: readonly Name[]): Promise<Readonly<Record<Name, string>>>
  /** Waits until the unit has these properties; throws with the unit's output. */
  until(unit: string, is: Readonly<Record<string, string | ((found: string) => boolean)>>): Promise<void>
  /** The output of a unit. */
  said(unit: string): Promise<string>
}

const room = '/run/lab/systemd'

// Only targets are linked: any other unit of the distribution would touch the machine, or wait for a device.
const targets = [
  ...['basic', 'exit', 'final', 'local-fs', 'multi-user', 'network', 'network-online', 'network-pre'],
  ...['paths', 'shutdown', 'slices', 'sockets', 'sysinit', 'timers', 'umount'],
]

// Files of /etc that programs of the room read. Nothing here is the administrator's configuration.
const kept = [
  'alternatives',
  'group',
  'iproute2',
  'ld.so.cache',
  'nsswitch.conf',
  'passwd',
  'protocols',
  'services',
]

// systemd changes modes and makes links in /dev, so it gets its own. Its devices are mounts, so systemd cannot delete
// them. /proc/sys is read-only except for the host's network. The cgroups are below one cgroup of the lab.
const roomScript = (cgroup: string): string => `
mount --make-rprivate /
mkdir -p ${room}/dev ${room}/etc/systemd/system ${room}/units ${room}/generators ${room}/bin ${room}/work ${room}/cgroup
mount -t tmpfs tmpfs ${room}/dev
for node in null zero full random urandom tty; do
  : >${room}/dev/$node
  mount --bind /dev/$node ${room}/dev/$node
  mount -o remount,bind,ro ${room}/dev/$node
done
mkdir ${room}/dev/pts ${room}/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts ${room}/dev/pts
mount -t tmpfs tmpfs ${room}/dev/shm
ln -s pts/ptmx ${room}/dev/ptmx
for name in ${kept.join(' ')}; do cp -a /etc/$name ${room}/etc/ 2>/dev/null || true; done
cp /etc/resolv.conf ${room}/etc/
for name in ${targets.join(' ')}; do ln -s /usr/lib/systemd/system/$name.target ${room}/units/; done
ln -s /usr/lib/systemd/system/systemd-exit.service ${room}/units/
ln -s ${room}/units/multi-user.target ${room}/etc/systemd/system/default.target
mkdir ${room}/etc/systemd/system/service.d
printf '[Service]\\nStandardOutput=append:${room}/%%n.log\\nStandardError=inherit\\nRestartSec=100ms\\n' >${room}/etc/systemd/system/service.d/lab.conf
ln -s ${packaged}bin/portolan.js ${room}/bin/portolan
mount -t overlay -o lowerdir=/usr/bin,upperdir=${room}/bin,workdir=${room}/work overlay /usr/bin
mount --bind ${room}/etc /etc
mount --rbind ${room}/dev /dev
mount -t cgroup2 cgroup2 ${room}/cgroup
mkdir ${room}/cgroup/${cgroup}
echo $$ >${room}/cgroup/${cgroup}/cgroup.procs
umount ${room}/cgroup
exec unshare --cgroup sh -ec '
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --bind /proc/sys /proc/sys
mount --bind /proc/sys/net /proc/sys/net
mount -o remount,bind,ro /proc/sys
exec env -i container=lab PATH=/usr/sbin:/usr/bin SYSTEMD_UNIT_PATH=/etc/systemd/system:${room}/units \
  SYSTEMD_GENERATOR_PATH=${room}/generators \
  /usr/lib/systemd/systemd --log-target=console --log-level=notice --show-status=no'`

export const startSystemd = async (lab: Lab): Promise<Systemd> => {
  const cgroup = `portolan-systemd-${process.pid}-${lab.host.pid}`
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--mount-proc']
  const child = spawn('nsenter', [
    ...[`--target=${lab.host.pid}`, '--net', '--mount', '--'],
    // systemd must not outlive a test process that is killed.
    ...['setpriv', '--pdeathsig', 'KILL', ...unshare, 'sh', '-ec', roomScript(cgroup)],
  ])
  let over = false
  let complaints = ''
  const ended = once(child, 'close').then(() => {
    over = true
  })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      complaints += text
    })
  const beside = { ended: () => over, printed: () => complaints }
  // unshare itself stays outside the process namespace that it makes for its child, hence pid_for_children.
  const own = `/proc/${child.pid}/ns`
  const inside = [
    ...['nsenter', `--net=${own}/net`, `--mount=${own}/mnt`, `--pid=${own}/pid_for_children`],
    ...[`--uts=${own}/uts`, `--ipc=${own}/ipc`, '--'],
  ]
  const withEnvironment = (options: RunOptions = {}): RunOptions => ({
    ...options,
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
      NODE_OPTIONS: undefined,
      ...options.environment,
    },
  })
  const run: Systemd['run'] = (argv, options) => lab.host.run([...inside, ...argv], withEnvironment(options))
  const mustRun: Systemd['mustRun'] = (argv, options) =>
    lab.host.mustRun([...inside, ...argv], withEnvironment(options))
  const systemctl: Systemd['systemctl'] = (...args) => run(['systemctl', '--no-pager', ...args])
  const systemd: Systemd = {
    run,
    mustRun,
    systemctl,
    async write(path, text) {
      await mustRun(['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat >"$1"', 'sh', path], { input: text })
    },
    async install(name, text) {
      await systemd.write(`/etc/systemd/system/${name}`, text)
      await mustRun(['systemctl', 'daemon-reload'])
    },
    async show(unit, ...names) {
      const text = await mustRun(['systemctl', 'show', '--property', names.join(','), unit])
      const lines = text.split('\n').map((line) => line.split(/=(.*)/, 2))
      return Object.fromEntries(lines) as Readonly<Record<(typeof names)[number], string>>
    },
    async until(unit, is) {
      const names = Object.keys(is)
      let found: Readonly<Record<string, string>> = {}
      const isSo = async (): Promise<boolean> => {
        found = await systemd.show(unit, ...names)
        return names.every((name) => {
          const [value = '', wanted = ''] = [found[name], is[name]]
          return typeof wanted === 'string' ? value === wanted : wanted(value)
        })
      }
      const wanted = JSON.stringify(is, (_, value) => (typeof value === 'function' ? String(value) : value))
      await waitUntil(`${unit} as ${wanted}`, isSo, {
        beside,
        shows: async () => `${JSON.stringify(found)}, and it has said: ${await systemd.said(unit)}`,
      })
    },
    said: async (unit) => (await run(['cat', `${room}/${unit}.log`])).stdout,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      await removeCgroup(cgroup)
    },
  }
  lab.use(systemd)
  const isUp = async (): Promise<boolean> =>
    (await systemctl('is-active', 'multi-user.target')).stdout.trim() === 'active'
  await waitUntil('systemd', isUp, { beside })
  return systemd
}
