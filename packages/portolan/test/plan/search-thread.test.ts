import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import workerThreads from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { parsePool } from '@portolan/core'
import { parse } from '@portolan/iptables'
import { IntentError } from '@portolan/netfilter'
import { type HostRules, noRules } from '../../src/host-rules/host-rules.ts'
import { makePlan, type PlanInput } from '../../src/plan/make-plan.ts'
import { planInput } from '../../src/plan/plan-input.ts'
import { openSearchThread } from '../../src/plan/search-thread.ts'
import { intentOf } from '../shop.ts'

const never = (): boolean => false

const built = (): string => fileURLToPath(new URL('../../dist/machine.js', import.meta.url))

describe('a search in a thread of its own', () => {
  const rules = {
    ...noRules,
    'iptables-legacy': parse(
      '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
    ),
  }
  const inputFor = (ports: string, on: HostRules = rules): PlanInput =>
    planInput(
      intentOf(`services: { web: { ports: ['${ports}'] } }`),
      { ownCommand: (one) => `sudo ${one}` },
      {
        ...{
          facts: { sysctls: { 'net.ipv4.ip_forward': '1' } },
          rules: on,
          surrounding: on,
          backend: 'nftables',
        },
        ...{ leases: null, unread: [], fixes: [], owed: { mapped: [], untranslated: [] }, sysctls: true },
        ...{ live: [], search: true },
      },
    )

  test('finds what is found in this one, with the commands as they are to be written', async () => {
    const thread = openSearchThread(built, never)
    const inputs = [inputFor('8080:80'), inputFor('9000-9003:80-83')]
    const found = await Promise.all(inputs.map((input) => thread.conflicts(input)))
    await thread.close()
    expect(found.every((conflicts) => conflicts.some(({ kind }) => kind === 'ForwardDropped'))).toBe(true)
    expect(JSON.stringify(found)).toBe(JSON.stringify(inputs.map((input) => makePlan(input).conflicts)))
  })

  test('fails as it does in this one, and goes on searching', async () => {
    const thread = openSearchThread(built, never)
    const impossible: PlanInput = {
      ...inputFor('8080:80'),
      pools: [parsePool('10.9.0.0/24:24')],
      reserve: [{ range: '10.9.0.0/24', from: null }],
    }
    await expect(thread.conflicts(impossible)).rejects.toMatchObject({ code: 'POOL_EXHAUSTED' })
    expect(await thread.conflicts(inputFor('8080:80'))).not.toEqual([])
    await thread.close()
  })

  test('names the place in the text that does not fit the host', async () => {
    const thread = openSearchThread(built, never)
    const text = 'networks: { theirs: { external: true } }\nservices: { web: { networks: [theirs] } }'
    const failing = thread.conflicts({ ...inputFor('8080:80'), intent: intentOf(text) })
    await expect(failing).rejects.toBeInstanceOf(IntentError)
    await expect(failing).rejects.toMatchObject({ code: 'INTENT', line: expect.any(Number) })
    await thread.close()
  })

  test('that is closed during a search ends it with an error, and the next search has another thread', async () => {
    const thread = openSearchThread(built, never)
    const searching = thread.conflicts(inputFor('8080:80'))
    const ended = expect(searching).rejects.toMatchObject({ code: 'CLOSED' })
    // The thread is started in the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
    await thread.close()
    await ended
    expect(await thread.conflicts(inputFor('8080:80'))).not.toEqual([])
    await thread.close()
  })

  test('of few ports and rules is made in this one, and of many in a thread', async () => {
    let asked = 0
    const thread = openSearchThread(() => {
      asked += 1
      return built()
    })
    const few = inputFor('8080:80')
    expect(JSON.stringify(await thread.conflicts(few))).toBe(JSON.stringify(makePlan(few).conflicts))
    expect(asked).toBe(0)
    const drops = '-A FORWARD -s 192.0.2.1/32 -j DROP\n'.repeat(100)
    const crowded = {
      ...noRules,
      'iptables-legacy': parse(
        `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n${drops}COMMIT\n`,
      ),
    }
    for (const [ports, threads] of [
      ['8080-8088:80-88', 0],
      ['8080-8089:80-89', 1],
    ] as const) {
      const input = inputFor(ports, crowded)
      expect(await thread.conflicts(input)).toHaveLength(makePlan(input).conflicts.length)
      expect(asked).toBe(threads)
    }
    await thread.close()
  })

  test('is made in this one where its code is nowhere to be loaded from', async () => {
    const thread = openSearchThread(() => null, never)
    const input = inputFor('8080:80')
    expect(JSON.stringify(await thread.conflicts(input))).toBe(JSON.stringify(makePlan(input).conflicts))
    await thread.close()
  })

  test('is made in this one while the system gives no thread, and in a thread again afterwards', async () => {
    const { Worker } = workerThreads
    let refusals = 0
    workerThreads.Worker = class {
      constructor() {
        refusals += 1
        throw Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
      }
    } as unknown as typeof Worker // only its constructor is called
    syncBuiltinESMExports()
    const thread = openSearchThread(built, never)
    const input = inputFor('8080:80')
    const expected = JSON.stringify(makePlan(input).conflicts)
    try {
      expect(JSON.stringify(await thread.conflicts(input))).toBe(expected)
      expect(refusals).toBe(1)
    } finally {
      workerThreads.Worker = Worker
      syncBuiltinESMExports()
    }
    expect(JSON.stringify(await thread.conflicts(input))).toBe(expected)
    await thread.close()
  })
})
