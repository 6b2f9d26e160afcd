import { beforeEach, describe, expect, test } from '@jest/globals'
import type { DesiredMapping } from '@portolan/core'
import { flowsToForget } from '../../../src/live/ports/flows-to-forget.ts'

const mapping = (hostPort: number, more: Partial<DesiredMapping> = {}): DesiredMapping => ({
  kind: 'nat',
  family: 'ip',
  protocol: 'udp',
  hostAddress: null,
  hostPort,
  interface: null,
  allowFrom: null,
  label: `0.0.0.0:${hostPort}/udp`,
  targets: [{ service: 'web', replica: 1, network: 'web', address: '172.17.0.2', port: 80, weight: 1 }],
  ...more,
})

const [first] = mapping(1).targets
const moved = { targets: [{ ...first, address: '172.17.0.3' }] } as const

/** The questions to connection tracking, a list for each search. */
let searches: { gone: readonly (readonly [number, string])[]; come: readonly number[] }[] = []
let begin: () => void = () => {}
let end: () => void = () => {}
let refused: Error | null = null

/** Connection tracking with searches that end when the test says so. */
const slow = () => {
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    begun,
    conntrack: {
      forgetFlows: async (flows: readonly { hostPort: number; address: string }[]) => {
        searches.push({ gone: flows.map(({ hostPort, address }) => [hostPort, address] as const), come: [] })
        begin()
        await ended
        if (refused !== null) throw refused
        return flows.length
      },
      forgetUntranslated: async (sockets: readonly { hostPort: number }[]) => {
        const last = searches.pop()
        searches.push({ gone: last?.gone ?? [], come: sockets.map(({ hostPort }) => hostPort) })
        return sockets.length
      },
      close: () => {},
    },
  }
}

const quick = () => {
  const { conntrack } = slow()
  end()
  return conntrack
}

const deferred = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const noCalls = async (): Promise<void> => {}

beforeEach(() => {
  searches = []
  refused = null
})

describe('flows to forget', () => {
  test('of ports that come and go together are looked for once', async () => {
    const flows = flowsToForget(quick(), noCalls)
    flows.takenBack([mapping(1), mapping(2)])
    flows.takenBack([mapping(3, { kind: 'direct' }), mapping(4, { protocol: 'tcp' })])
    flows.published([mapping(5), mapping(6, { protocol: 'tcp' }), mapping(7, { kind: 'direct' })])
    await flows.settled()
    expect(searches).toEqual([
      {
        gone: [
          [1, '172.17.0.2'],
          [2, '172.17.0.2'],
          [4, '172.17.0.2'],
        ],
        come: [5],
      },
    ])
  })

  test('are not looked for where there are none', async () => {
    const flows = flowsToForget(quick(), noCalls)
    flows.takenBack([])
    flows.published([mapping(6, { protocol: 'tcp' })])
    await flows.settled()
    expect(searches).toEqual([])
  })

  test('stay where the port comes back as it was before they were looked for', async () => {
    const flows = flowsToForget(quick(), noCalls)
    flows.takenBack([mapping(1), mapping(2)])
    await flows.before([mapping(1)])
    await flows.settled()
    expect(searches).toEqual([{ gone: [[2, '172.17.0.2']], come: [] }])
  })

  test('stay where a call that was made before brings the port back, however long it takes', async () => {
    const { promise: called, resolve: call } = deferred()
    const { promise: idle, resolve: end } = deferred()
    const flows = flowsToForget(quick(), () => {
      call()
      return idle
    })
    flows.takenBack([mapping(1), mapping(2)])
    await called
    await flows.before([mapping(1)])
    end()
    await flows.settled()
    expect(searches).toEqual([{ gone: [[2, '172.17.0.2']], come: [] }])
  })

  test('are looked for at once where a call waits for that, though it has not ended', async () => {
    const { promise: called, resolve: call } = deferred()
    const flows = flowsToForget(quick(), () => {
      call()
      return new Promise(() => {})
    })
    flows.takenBack([mapping(1)])
    await called
    await flows.before([mapping(1, moved)])
    expect(searches).toEqual([{ gone: [[1, '172.17.0.2']], come: [] }])
  })

  test.each([
    ['elsewhere', moved],
    ['for fewer clients', { allowFrom: ['192.0.2.0/24'] }],
  ])('are gone before the port is published again %s', async (_, more) => {
    const flows = flowsToForget(quick(), noCalls)
    flows.takenBack([mapping(1)])
    await flows.before([mapping(1, more)])
    expect(searches).toEqual([{ gone: [[1, '172.17.0.2']], come: [] }])
  })

  test('are gone before the port is published again as it was, once they are looked for', async () => {
    const { conntrack, begun } = slow()
    const flows = flowsToForget(conntrack, noCalls)
    flows.takenBack([mapping(1)])
    await begun
    let published = false
    const waiting = flows.before([mapping(1)])?.then(() => {
      published = true
    })
    await flows.before([mapping(2)])
    expect(published).toBe(false)
    end()
    await waiting
    expect(published).toBe(true)
  })

  test('of a port that is taken back go on reaching the host where they did', async () => {
    const flows = flowsToForget(quick(), noCalls)
    flows.published([mapping(1), mapping(2)])
    flows.takenBack([mapping(1)])
    await flows.settled()
    expect(searches).toEqual([{ gone: [[1, '172.17.0.2']], come: [2] }])
  })

  test('that were asked for during a search are looked for after it', async () => {
    const { conntrack, begun } = slow()
    const flows = flowsToForget(conntrack, noCalls)
    flows.takenBack([mapping(1)])
    await begun
    flows.takenBack([mapping(2)])
    end()
    await flows.settled()
    expect(searches.map(({ gone }) => gone)).toEqual([[[1, '172.17.0.2']], [[2, '172.17.0.2']]])
  })

  test('are settled although every search is followed by another one', async () => {
    const { forgetUntranslated, close } = quick()
    const flows = flowsToForget({ forgetFlows, forgetUntranslated, close }, noCalls)
    let count = 1
    async function forgetFlows(): Promise<number> {
      count += 1
      if (count < 20) flows.takenBack([mapping(count)])
      return 1
    }
    flows.takenBack([mapping(count)])
    await flows.settled()
    expect(count).toBe(2)
  })

  test('that keep coming leave no listener behind', async () => {
    const { forgetUntranslated, close } = quick()
    const { promise: last, resolve: atLast } = deferred()
    const flows = flowsToForget({ forgetFlows, forgetUntranslated, close }, noCalls)
    let count = 1
    async function forgetFlows(): Promise<number> {
      count += 1
      if (count > 12) atLast()
      else flows.takenBack([mapping(count)])
      return 1
    }
    const warnings: string[] = []
    const note = ({ name }: Error): number => warnings.push(name)
    process.on('warning', note)
    flows.takenBack([mapping(count)])
    await last
    await flows.settled()
    process.off('warning', note)
    expect(warnings).toEqual([])
  })

  test('that could not be looked for are told once', async () => {
    refused = new Error('the kernel says no')
    const flows = flowsToForget(quick(), noCalls)
    flows.takenBack([mapping(1)])
    await expect(flows.settled()).rejects.toThrow('the kernel says no')
    await flows.settled()
  })
})
