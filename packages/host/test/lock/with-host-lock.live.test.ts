import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

/** Holds the lock until it is told to end by SIGTERM, and then says when. */
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

/** Takes the lock; when it has to wait, the holder is sent a signal first, so that no clock decides. */
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

describeLive('withHostLock', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  const holder = async () => {
    const child = host.start(hold)
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    return child
  }

  test('a free lock is taken at once, and given up after the work, whatever its outcome', async () => {
    const outcome = await host.node(`
      import { withHostLock } from '@portolan/host'
      const failed = await withHostLock(() => { throw new Error('work') }).catch((error) => error.message)
      report([failed, await withHostLock(async () => 'again', { timeoutMs: 0 })])`)
    expect(outcome).toEqual(['work', 'again'])
  })

  test('the second waits for the first, says for whom, and goes on as soon as it ends', async () => {
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

  test('a killed holder leaves the lock free', async () => {
    const first = await holder()
    const second = await host.node(take('{}', 'SIGKILL'))
    expect(second).toMatchObject({ value: 7, waitedFor: { pid: first.pid } })
  })

  test('waiting ends with an error that names the holder', async () => {
    const first = await holder()
    const outcome = await host.node(take('{ timeoutMs: 200 }'))
    first.kill('SIGKILL')
    expect(outcome).toMatchObject({
      value: { code: 'LOCKED', message: expect.stringContaining(`PID ${first.pid}`) },
    })
  })

  test('another network namespace has a lock of its own', async () => {
    const other = makeNamespace()
    const first = await holder()
    const outcome = await other.node(take('{ timeoutMs: 0 }'))
    first.kill('SIGKILL')
    other.remove()
    expect(outcome).toMatchObject({ value: 7, waitedFor: null })
  })
})
