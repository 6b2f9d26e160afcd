import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { block } from '../../../test/lab/block.ts'
import { afterSilence } from '../src/after-silence.ts'

const ended: (() => void)[] = []
afterEach(() => {
  for (const end of ended.splice(0)) end()
})

/** Both ends of a connection. */
const connection = async (): Promise<readonly [Socket, Socket]> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it listens on no port')
  const there = once(server, 'connection') as Promise<[Socket]>
  const here = connect(address.port, '127.0.0.1')
  const [other] = await there
  ended.push(() => {
    for (const one of [here, other]) one.destroy()
    server.close()
  })
  return [here, other]
}

describe('a while in which nothing comes', () => {
  test('is over where nothing came', async () => {
    await new Promise<void>((resolve) => void afterSilence(10, resolve))
  })

  test('is no silence where an answer came while this process had no processor', async () => {
    const [here, there] = await connection()
    const outcome = new Promise<string>((resolve) => {
      const end = afterSilence(20, () => resolve('silence'))
      here.once('data', (data) => {
        end()
        resolve(String(data))
      })
    })
    there.write('answer')
    block(60)
    expect(await outcome).toBe('answer')
  })

  test('is ended between its last look and its end', async () => {
    const called: string[] = []
    const end = afterSilence(1, () => called.push('silence'))
    // A timer with the same time that was set later fires directly after it.
    const behind = new Promise<void>((resolve) => void setTimeout(resolve, 1))
    block(5)
    await behind
    end()
    await new Promise<void>((resolve) => void setImmediate(() => setImmediate(resolve)))
    expect(called).toEqual([])
  })
})
