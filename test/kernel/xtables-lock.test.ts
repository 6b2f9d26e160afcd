import { afterEach, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import type { Running } from '../lab/run.ts'
import { until } from '../lab/until.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf, shop } from './lifecycle/pilot.ts'

const labs = workerLabs({ tablesStay: true })
const opened: Lab[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((lab) => lab[Symbol.asyncDispose]()))
})

const open = async (): Promise<Lab> => {
  const lab = await labs.open()
  opened.push(lab)
  await lab.host.mustRun(['iptables-legacy', '-L', '-n'])
  return lab
}

/** A program that holds the lock of iptables until `/run/lab/end` exists. */
const holdLock = async (lab: Lab): Promise<Running> => {
  const hold = ': > /run/lab/held; while [ ! -e /run/lab/end ]; do sleep 0.05; done'
  const holder = lab.host.start(['flock', '/run/xtables.lock', 'sh', '-c', hold])
  await appears(lab, '/run/lab/held', holder)
  return holder
}

const exists = async (lab: Lab, path: string): Promise<boolean> =>
  (await lab.host.run(['test', '-e', path])).exitCode === 0

/** Starts an apply, and resolves once it has printed that it waits for the lock. */
const waitingApply = async (lab: Lab): Promise<Running> => {
  const file = await lab.write('compose.yaml', shop())
  await lab.host.mustRun(['rm', '-f', '/run/lab/said'])
  const argv = pilotOf(lab, 'iptables-legacy').argv('apply', file, '--yes')
  const applying = lab.host.start(['sh', '-c', 'exec "$@" 2> /run/lab/said', 'sh', ...lab.command, ...argv])
  const said = async (): Promise<string> => (await lab.host.run(['cat', '/run/lab/said'])).stdout
  await until('it to wait', async () => (await said()).includes('waiting for'), {
    beside: applying,
    shows: said,
  })
  return applying
}

const appears = async (lab: Lab, path: string, beside: Running): Promise<void> => {
  await until(path, () => exists(lab, path), { beside })
}

/** The programs of iptables-legacy that run on the host, as process ids. */
const programsOn = async (lab: Lab): Promise<string> =>
  lab.host.mustRun([
    'sh',
    '-c',
    `for p in $(pgrep -f '^(/usr/sbin/)?ip6?tables-legacy'); do
      [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ] && echo $p; done; true`,
  ])

describeOnKernel('while another program has the lock of iptables', 'iptables-legacy', () => {
  test('apply says what it waits for, leaves the host lock to other programs, and then applies', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'iptables-legacy')
    const holder = await holdLock(lab)
    const applying = await waitingApply(lab)
    // Another project with the other backend does not have to wait.
    const other = await lab.write('other.yaml', shop(['8090:80']).replace('name: shop', 'name: other'))
    mustSucceed('apply', await lab.portolan(pilotOf(lab, 'nftables').argv('apply', other, '--yes')))
    expect(await exists(lab, '/run/lab/end')).toBe(false)
    await lab.host.mustRun(['touch', '/run/lab/end'])
    await holder.outcome
    mustSucceed('apply', await applying.outcome)
    expect(await lab.host.readText('/run/lab/said')).toMatch(/^portolan: waiting for (flock|sh) \(PID \d+\)/m)
    expect((await pilot.plan(shop())).changes).toEqual([])
  })

  test('a lock on another file with the same inode number does not delay apply', async () => {
    const lab = await open()
    // One program makes all files. Inode numbers grow one by one, and earlier tests on this host made many files.
    const hold = `
import fcntl, os, signal
os.chdir('/run/lab/elsewhere')
wanted, found = os.stat('/run/xtables.lock').st_ino, None
while found != wanted:
    os.unlink('file') if found else None
    file = os.open('file', os.O_RDWR | os.O_CREAT)
    found = os.fstat(file).st_ino
    if found != wanted: os.close(file)
fcntl.flock(file, fcntl.LOCK_EX)
open('/run/lab/held', 'w').close()
signal.pause()`
    const elsewhere = 'mkdir /run/lab/elsewhere; mount -t tmpfs tmpfs /run/lab/elsewhere; exec "$@"'
    const holder = lab.host.start(['sh', '-ec', elsewhere, 'sh', '/usr/bin/python3', '-c', hold])
    try {
      await appears(lab, '/run/lab/held', holder)
      const outcome = mustSucceed(
        'apply',
        await pilotOf(lab, 'iptables-legacy').run('apply', shop(), '--yes'),
      )
      expect(outcome.stderr).not.toContain('waiting for')
    } finally {
      holder.kill('SIGKILL')
      await holder.outcome
    }
  })

  test('a killed apply leaves no program behind that writes after the next apply', async () => {
    const lab = await open()
    const pilot = pilotOf(lab, 'iptables-legacy')
    const holder = await holdLock(lab)
    const killed = await waitingApply(lab)
    killed.kill('SIGKILL')
    await killed.outcome
    expect(await programsOn(lab)).toBe('')
    const next = await waitingApply(lab)
    await lab.host.mustRun(['touch', '/run/lab/end'])
    await holder.outcome
    mustSucceed('apply', await next.outcome)
    expect(await programsOn(lab)).toBe('')
    const { stdout } = await lab.host.run(['iptables-legacy-save'])
    const jumps = stdout.split('\n').filter((line) => / portolan -j PORTOLAN-/.test(line))
    expect(jumps).toHaveLength(new Set(jumps).size)
    expect(jumps.length).toBeGreaterThan(0)
    expect((await pilot.plan(shop())).changes).toEqual([])
  })
})
