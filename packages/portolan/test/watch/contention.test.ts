import { describe, expect, test } from '@jest/globals'
import { Contention } from '../../src/watch/contention.ts'

const change = { action: 'add', object: 'rule x', description: 'Add x.' } as const
const by = (name: string) => ({ text: `${name} removed x`, process: { pid: 1, name } })

describe('programs that undo what is repaired', () => {
  test('are a quarrel at the fourth repair of one object within ten seconds, and repairs pause', () => {
    const contention = new Contention()
    for (let at = 0; at < 3; at += 1) expect(contention.repaired([change], [by('nft')], at * 1000)).toBeNull()
    expect(contention.leftMs(3000)).toBe(0)
    expect(contention.repaired([change], [by('firewalld')], 3000)).toEqual({
      by: ['nft', 'firewalld'],
      objects: ['rule x'],
      times: 4,
      withinMs: 3000,
      pauseMs: 1000,
    })
    expect([contention.leftMs(3000), contention.leftMs(3999), contention.leftMs(4000)]).toEqual([1000, 1, 0])
  })

  test('pause repairs for twice as long each time, and a minute at most', () => {
    const contention = new Contention()
    const pauses: number[] = []
    for (let now = 0; pauses.length < 8; now += 200 + contention.leftMs(now))
      pauses.push(...[contention.repaired([change], [], now)].flatMap((quarrel) => quarrel?.pauseMs ?? []))
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  })

  test('are none where an object is undone twice, and each time in steps that are repaired apart', () => {
    const contention = new Contention()
    for (const at of [0, 60, 150, 2000, 2060, 2150])
      expect(contention.repaired([change], [by('ip')], at)).toBeNull()
  })

  test('are found though they undo a repair at once', () => {
    const contention = new Contention()
    let repairs = 0
    for (let now = 0; contention.repaired([change], [by('nft')], now) === null; now += 10) repairs += 1
    expect(repairs).toBe(60)
  })

  test('are none where other objects are repaired, or one object now and then', () => {
    const contention = new Contention()
    for (let at = 0; at < 20; at += 1) {
      const other = { ...change, object: `rule ${at}` }
      expect(contention.repaired([other], [], at * 100)).toBeNull()
      expect(contention.repaired([change], [], 100_000 + at * 5000)).toBeNull()
    }
  })
})
