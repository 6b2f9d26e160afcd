import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { until } from '../../../../test/lab/until.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

/** Holds the lock until SIGTERM, and then prints when. */
const hold = `
  import { withHostLock } from '@portolan/host'
  await withHostLock(async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 600_000)
      process.once('SIGTERM', resolve)
      console.log('held')
    })
    console.log(Date.now())
  })
  process.exit()`

/** Takes the lock. When it has to wait, it first sends the holder a signal, so that no clock decides. */
const take = (options: string, signal: 'SIGTERM' | 'SIGKILL' | null = null): string => `
  import { withHostLock } from '@portolan/host'
  let taken = 0
  let waitedFor
  const onWait = (holder) => {
    waitedFor = holder
    ${signal === null ? '' : `process.kill(holder.pid, '${signal}')`}
  }
  const value = await withHostLock(() => { taken = Date.now(); return 7 }, { onWait, ...${options} })
    .catch(({ code, message }) => ({ code, message }))
  report({ value, waitedFor: waitedFor ?? null, taken })`

/** Kills a process, and waits until its lock is free. */
const end = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** What a killed process left, whose number this one has again, is there before. */
const filesOfLocks = `
      const files = () => existsSync('/run/portolan') ? readdirSync('/run/portolan', { recursive: true }) : []`

describeLive('withHostLock', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  const holder = () => host.startAndHear(hold)

  test('a free lock is taken at once, and given up after the work, whatever its outcome', async () => {
    const outcome = await host.node(`
      import { withHostLock } from '@portolan/host'
      const failed = await withHostLock(() => { throw new Error('work') }).catch((error) => error.message)
      report([failed, await withHostLock(async () => 'again', { timeoutMs: 0 })])`)
    expect(outcome).toEqual(['work', 'again'])
  })

  test('the second waits for the first, names it, and goes on as soon as it ends', async () => {
    const first = await holder()
    const released = new Promise<number>((resolve) =>
      first.stdout?.once('data', (text) => resolve(Number(text))),
    )
    const second = (await host.node(take('{}', 'SIGTERM'))) as {
      value: number
      taken: number
      waitedFor: unknown
    }
    expect(second).toMatchObject({ value: 7, waitedFor: { pid: first.pid } })
    expect(second.taken).toBeGreaterThanOrEqual(await released)
  })

  test('within the work the lock is there, for one after another, and gone with all of them', async () => {
    const told = await host.node(`
      import { withHostLock } from '@portolan/host'
      const told = []
      const step = (name, inner = async () => {}) =>
        withHostLock(async () => {
          told.push(name)
          await inner()
          await new Promise(setImmediate)
          told.push('end of ' + name)
        }, { timeoutMs: 0 })
      const fail = () => Promise.reject(new Error('b'))
      let late
      await withHostLock(async () => {
        await Promise.all([step('a', () => step('in a')), step('b', fail).catch(() => {}), step('c')])
        late = () => step('late')
        void step('not waited for')
      })
      told.push('given up')
      await late()
      report(told)`)
    expect(told).toEqual([
      ...['a', 'in a', 'end of in a', 'end of a', 'b', 'c', 'end of c'],
      ...['not waited for', 'end of not waited for', 'given up', 'late', 'end of late'],
    ])
  })

  test('a quiet time ends with the next work under the lock, and within the work with the work', async () => {
    const outcome = await host.node(`
      import { waitForHostLock, withHostLock } from '@portolan/host'
      const quiet = await waitForHostLock()
      const [before, within] = [quiet.lasts(), await withHostLock(() => waitForHostLock({ timeoutMs: 0 }).then((one) => [one, one.lasts()]))]
      const again = await waitForHostLock()
      report([before, quiet.lasts(), within[1], within[0].lasts(), again.lasts()])`)
    expect(outcome).toEqual([true, false, true, false, true])
  })

  test('nothing is waited for longer than asked', async () => {
    const first = await holder()
    const outcome = await host.node(`
      import { waitForHostLock } from '@portolan/host'
      report(await waitForHostLock({ timeoutMs: 50 }))`)
    await end(first)
    expect(outcome).toBe(null)
  })

  test('when the kernel starts no program, the error says that flock could not be started', async () => {
    const outcome = await host.node(`
      import { withHostLock } from '@portolan/host'
      // Node throws this error of the kernel (E2BIG). It reports others, such as EACCES, by an event.
      process.env.TOO_LONG = 'x'.repeat(200_000)
      report(await withHostLock(() => 7).catch(({ code, message }) => ({ code, message })))`)
    expect(outcome).toEqual({ code: 'LOCK', message: expect.stringContaining('flock') })
  })

  test('a killed holder leaves the lock free', async () => {
    const first = await holder()
    const second = await host.node(take('{}', 'SIGKILL'))
    expect(second).toMatchObject({ value: 7, waitedFor: { pid: first.pid } })
  })

  test('waiting ends with an error that names the holder', async () => {
    const first = await holder()
    const outcome = await host.node(take('{ timeoutMs: 200 }'))
    await end(first)
    expect(outcome).toMatchObject({
      value: { code: 'LOCKED', message: expect.stringContaining(`PID ${first.pid}`) },
    })
  })

  test('another network namespace has a lock of its own', async () => {
    const other = makeNamespace()
    const first = await holder()
    const outcome = await other.node(take('{ timeoutMs: 0 }'))
    await end(first)
    other.remove()
    expect(outcome).toMatchObject({ value: 7, waitedFor: null })
  })

  test('a process that binds a name, or that is not root, cannot hold it up', async () => {
    const squatter = await host.startAndHear(`
      import { createServer } from 'node:net'
      createServer().listen('\\0' + 'portolan-apply'.padEnd(107, '-'), () => console.log('bound'))`)
    expect(await host.node(take('{ timeoutMs: 0 }'))).toMatchObject({ value: 7, waitedFor: null })
    await end(squatter)
    const opened = await host.node(
      `import { closeSync, openSync, readlinkSync } from 'node:fs'
       const [inode] = readlinkSync('/proc/self/ns/net').match(/\\d+/)
       const file = '/run/portolan/network-' + inode + '.lock'
       const outcome = (flags) => { try { closeSync(openSync(file, flags)); return 'opened' } catch ({ code }) { return code } }
       report(['r', 'a'].map(outcome))`,
      'ordinary user',
    )
    expect(opened).toEqual(['EACCES', 'EACCES'])
  })

  test('waiting burns no processor', async () => {
    const first = await holder()
    const waiter = await host.startAndHear(`
      import { withHostLock } from '@portolan/host'
      await withHostLock(() => {}, { onWait: () => console.log('waits') })`)
    const burntInTwoSeconds = async (): Promise<number> => {
      const before = ticks(waiter.pid)
      await setTimeout(2000)
      return ticks(waiter.pid) - before
    }
    // Of 200. What it does as it begins to wait may come late; what burns does so each time.
    const most = 10
    let burnt = most
    for (let look = 0; look < 10 && burnt >= most; look += 1) burnt = await burntInTwoSeconds()
    const ended = once(waiter, 'exit')
    first.kill('SIGKILL')
    await ended
    expect(burnt).toBeLessThan(most)
  })

  test('a program that outlives its killed parent keeps the lock until it ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portolan-orphan-'))
    const parent = host.start(`
      import { createRunner, withHostLock } from '@portolan/host'
      await withHostLock(() => createRunner().run('sh', ['-c',
        'echo $$ > ${folder}/starting; mv ${folder}/starting ${folder}/started; while [ ! -e ${folder}/end ]; do sleep 0.02; done; : > ${folder}/ended']))`)
    await until('the program of the holder', () => {
      if (parent.exitCode !== null)
        throw new Error(`it ended with ${parent.exitCode} before it started a program`)
      return existsSync(`${folder}/started`)
    })
    const child = Number(readFileSync(`${folder}/started`, 'utf8'))
    await end(parent)
    const outcome = await host.node(`
      import { existsSync, writeFileSync } from 'node:fs'
      import { withHostLock } from '@portolan/host'
      let waitedFor
      const onWait = (holder) => { waitedFor = holder; writeFileSync('${folder}/end', '') }
      report({ value: await withHostLock(() => existsSync('${folder}/ended'), { onWait }), waitedFor })`)
    rmSync(folder, { recursive: true })
    expect(outcome).toEqual({ value: true, waitedFor: { pid: child, name: 'sh' } })
  })

  test('a project that a process holds is held on when the state directory is lost', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const child = await host.startAndHear(`
      import { holdProject } from '@portolan/host'
      const { kind } = await holdProject('${state}', 'shop')
      console.log(kind)
      setTimeout(() => {}, 600_000)`)
    const look = (project: string): Promise<unknown> =>
      host.node(`
        import { holdProject, watchersOf } from '@portolan/host'
        const hold = await holdProject('${state}', '${project}')
        const [, by] = [hold.end?.(), hold.by?.process.pid ?? null]
        report([hold.kind, by, (await watchersOf('${state}', null)).length])`)
    const pid = child.pid
    try {
      expect(await look('shop')).toEqual(['busy', pid, 1])
      rmSync(state, { recursive: true })
      expect(await look('shop')).toEqual(['busy', pid, 1])
      expect(await look('other')).toEqual(['held', null, 1])
    } finally {
      await end(child)
    }
    expect(await look('shop')).toEqual(['held', null, 0])
  })

  test('a project whose file another process had when it was held is told of by the next look', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const outcome = await host.node(`
      import { spawn } from 'node:child_process'
      import { once } from 'node:events'
      import { existsSync, readdirSync } from 'node:fs'
      import { holdProject, watchersOf } from '@portolan/host'
      ${filesOfLocks}
      const before = files()
      const first = await holdProject('${state}', 'shop')
      const found = files().find((name) => name.endsWith('.' + process.pid + '.1.lock') && !before.includes(name))
      first.end()
      // A process that only looks, and has no processor meanwhile.
      const path = '/run/portolan/' + found.replace(/1.lock$/, '2.lock')
      const looking = spawn('flock', ['--shared', '--no-fork', path, 'sh', '-c', 'echo locked; exec sleep 600'])
      await once(looking.stdout, 'data')
      const hold = await holdProject('${state}', 'shop')
      looking.kill('SIGKILL')
      await once(looking, 'exit')
      const told = async () => (await watchersOf('${state}', 'shop')).length
      report([await told(), await hold.keep(), await told(), await hold.keep(), hold.end(), await told()])`)
    rmSync(state, { recursive: true })
    expect(outcome).toEqual([0, { kind: 'again' }, 1, { kind: 'kept' }, null, 0])
  })

  test('of two processes that hold a project, one of which could not lock its file, that one hears of the other', async () => {
    const state = mkdtempSync(join(tmpdir(), 'portolan-watch-'))
    const first = await host.startAndHear(`
      import { existsSync, readdirSync, rmSync } from 'node:fs'
      import { holdProject } from '@portolan/host'
      ${filesOfLocks}
      const before = files()
      const hold = await holdProject('${state}', 'shop')
      const found = files().find((name) => name.endsWith('.' + process.pid + '.1.lock') && !before.includes(name))
      rmSync('/run/portolan/' + found)
      process.on('SIGUSR2', async () => report(await hold.keep()))
      setTimeout(() => {}, 600_000)
      console.log('lost')`)
    const keep = async (): Promise<unknown> => {
      const told = new Promise((resolve) => first.stdout?.once('data', resolve))
      first.kill('SIGUSR2')
      return fromJson(String(await told))
    }
    try {
      const second = await host.startAndHear(`
        import { holdProject } from '@portolan/host'
        console.log((await holdProject('${state}', 'shop')).kind)
        setTimeout(() => {}, 600_000)`)
      const ended = once(second, 'exit')
      const by = { project: 'shop', process: expect.objectContaining({ pid: second.pid }) }
      expect([await keep(), await keep()]).toEqual([
        { kind: 'busy', by },
        { kind: 'busy', by },
      ])
      second.kill('SIGKILL')
      await ended
      expect([await keep(), await keep()]).toEqual([{ kind: 'again' }, { kind: 'kept' }])
    } finally {
      first.kill('SIGKILL')
      rmSync(state, { recursive: true })
    }
  })

  test('a process that looks, and has no processor then, is not taken for the killed one that it looks for', async () => {
    const [state, folder] = [
      mkdtempSync(join(tmpdir(), 'portolan-watch-')),
      mkdtempSync('/run/portolan-flock-'),
    ]
    // The helper has the requested lock, but never continues.
    const slow = `#!/bin/sh
      /usr/bin/flock "$@" && touch ${folder}/looked
      while kill -0 $PPID; do sleep 0.1; done`
    writeFileSync(join(folder, 'flock'), slow, { mode: 0o755 })
    const killed = await host.startAndHear(`
      import { holdProject } from '@portolan/host'
      console.log((await holdProject('${state}', 'shop')).kind)
      setTimeout(() => {}, 600_000)`)
    await end(killed)
    const looking = await host.startAndHear(`
      import { existsSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      import { watchersOf } from '@portolan/host'
      process.env.PATH = '${folder}:' + process.env.PATH
      watchersOf('${state}', 'shop')
      while (!existsSync('${folder}/looked')) await setTimeout(5)
      console.log('looks')
      await setTimeout(600_000)`)
    try {
      const outcome = await host.node(`
        import { holdProject, watchersOf } from '@portolan/host'
        const found = await watchersOf('${state}', 'shop')
        report([found, (await holdProject('${state}', 'shop')).kind])`)
      expect(outcome).toEqual([[], 'held'])
    } finally {
      looking.kill('SIGKILL')
      for (const one of [state, folder]) rmSync(one, { recursive: true })
    }
  })
})

/** The processor time of a process and its ended children, in hundredths of a second (proc_pid_stat(5)). */
const ticks = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}
