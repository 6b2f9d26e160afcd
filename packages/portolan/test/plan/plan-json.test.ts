import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { after, backends, planOf } from '../shop.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON is what it is; the assertions say what it should be.
const json = (...args: Parameters<typeof planOf>): any => fromJson<any>(JSON.stringify(planOf(...args)))

describe('a plan as JSON', () => {
  const facts = { nameservers: ['172.17.0.1'], sysctls: { 'net.ipv4.ip_forward': '0' } }

  test('has the keys that people build on, with these shapes', () => {
    expect(json({ facts })).toMatchObject({
      subnets: [
        {
          network: 'web',
          family: 'ip',
          subnet: '10.0.0.0/16',
          gateway: '10.0.42.1',
          pool: 'classic',
          rejected: [
            {
              candidate: '172.17.0.0/16',
              kind: 'nameserver',
              overlaps: '172.17.0.1/32',
              detail: 'nameserver 172.17.0.1',
            },
          ],
        },
      ],
      addresses: [{ service: 'nginx', network: 'web', address: '10.0.0.1', mac: '02:42:0a:00:00:01' }],
      conflicts: [
        {
          kind: 'HostBecomesRouter',
          severity: 'info',
          certainty: 'certain',
          mapping: null,
          witness: null,
          culprit: {
            tool: 'sysctl',
            table: null,
            chain: null,
            position: null,
            text: 'net.ipv4.ip_forward = 0',
          },
          remedy: { text: expect.any(String), commands: [expect.any(String)] },
          trace: [],
        },
      ],
      summary: { add: expect.any(Number), change: 3, remove: 0 },
      notes: [],
    })
  })

  test.each(backends)('of %s has changes as fixed, and nothing of what carries them out', (backend) => {
    for (const change of json({ backend, facts }).changes) {
      expect(Object.keys(change)).toEqual([
        'action',
        'object',
        'description',
        'before',
        'after',
        'reverse',
        'part',
      ])
      expect(['add', 'change', 'remove']).toContain(change.action)
    }
  })

  test('leaves out what it was made from', () => {
    expect(Object.keys(json({ facts }))).not.toEqual(expect.arrayContaining(['observed']))
    expect(json({ facts })).not.toHaveProperty('withdrawn')
  })

  test('is the same twice', () => {
    expect(JSON.stringify(planOf({ facts }))).toBe(JSON.stringify(planOf({ facts })))
  })

  test('of nothing to do has no changes', () => {
    expect(json(after(planOf()))).toMatchObject({ changes: [], summary: { add: 0, change: 0, remove: 0 } })
  })
})
