import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { until } from '../../../../test/lab/until.ts'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'
import { end } from './lock-programs.ts'

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
const take = (options: string, signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | null = null): string => `
  import { readFileSync } from 'node:fs'
  import { withHostLock } from '@portolan/host'
  let taken = 0
  let waitedFor
  const onWait = (holder) => {
    waitedFor = holder
    ${signal === null ? '' : `process.kill(holder.pid, '${signal}')`}
    // The signal stops the process a moment later.
    ${signal === 'SIGSTOP' ? "while (!readFileSync('/proc/' + holder.pid + '/stat', 'latin1').includes(') T '));" : ''}
  }
  const value = await withHostLock(() => { taken = Date.now(); return 7 }, { onWait, ...${options} })
    .catch(({ code, message }) => ({ code, message }))
  report({ value, waitedFor: waitedFor ?? null, taken })`

/** The processor time of a process and its ended children, in hundredths of a second (proc_pid_stat(5)). */
const ticks = (pid: number | undefined): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
}

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

  test('a holder that is stopped is said to be, and how it goes on', async () => {
    const first = await holder()
    const second = await host.node(take('{ timeoutMs: 100 }', 'SIGSTOP'))
    first.kill('SIGKILL')
    expect(second).toMatchObject({
      value: {
        code: 'LOCKED',
        message: expect.stringContaining(
          ` It is stopped, and does not end by itself. Continue it ("kill -CONT ${first.pid}") or end it ("kill -KILL ${first.pid}"), and run this again.`,
        ),
      },
    })
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
})
