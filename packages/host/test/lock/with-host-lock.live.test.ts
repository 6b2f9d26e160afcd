import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeLive, makeNamespace, type Namespace } from '../live/namespace.ts'

const hold = (milliseconds: number): string => `
  import { withHostLock } from '@portolan/host'
  await withHostLock(() => { console.log('held'); return new Promise((resolve) => setTimeout(resolve, ${milliseconds})) })`

const take = (options: string): string => `
  import { withHostLock } from '@portolan/host'
  const begun = performance.now()
  let waitedFor
  const value = await withHostLock(() => 7, { onWait: (holder) => { waitedFor = holder }, ...${options} })
    .catch(({ code, message }) => ({ code, message }))
  report({ value, waitedFor: waitedFor ?? null, ms: performance.now() - begun })`

describeLive('withHostLock', () => {
  let host: Namespace
  beforeAll(() => {
    host = makeNamespace()
  })
  afterAll(() => host.remove())

  const holder = async (milliseconds: number) => {
    const child = host.start(hold(milliseconds))
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
    const first = await holder(1500)
    const second = (await host.node(take('{}'))) as { value: number; ms: number; waitedFor: unknown }
    expect(second).toMatchObject({ value: 7, waitedFor: { pid: first.pid } })
    expect(second.ms).toBeGreaterThan(500)
  })

  test('a killed holder leaves the lock free', async () => {
    const first = await holder(600_000)
    const second = host.node(take('{}'))
    setTimeout(() => first.kill('SIGKILL'), 700)
    expect(await second).toMatchObject({ value: 7, waitedFor: { pid: first.pid } })
  })

  test('waiting ends with an error that names the holder', async () => {
    const first = await holder(600_000)
    const outcome = await host.node(take('{ timeoutMs: 200 }'))
    first.kill('SIGKILL')
    expect(outcome).toMatchObject({
      value: { code: 'LOCKED', message: expect.stringContaining(`PID ${first.pid}`) },
    })
  })

  test('another network namespace has a lock of its own', async () => {
    const other = makeNamespace()
    const first = await holder(600_000)
    const outcome = await other.node(take('{ timeoutMs: 0 }'))
    first.kill('SIGKILL')
    other.remove()
    expect(outcome).toMatchObject({ value: 7, waitedFor: null })
  })
})
