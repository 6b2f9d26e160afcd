import { describe, expect, test } from '@jest/globals'
import { eachMessage } from '@portolan/core/netlink'
import type { RulesNotice } from '../../src/monitor/notice.ts'
import { openTransactionReader } from '../../src/monitor/transaction.ts'

/** As Linux 6.18 sent them. */
const setAdded = `78000000090a000401000000613c00000100001f060001007400000006000200730000000c001000000000000000000108
  00040000000007080005000000000414000d0000040200000003080004040000000100040009001700130030786666666666666666383235
  303766343000000800140000000000`
const elementAdded = `380000000c0a000400000000633c000001000020060001007400000006000200730000001400030010000100
  0c0001000800010001020304`
const elementDeleted = `380000000e0a000000000000653c000001000021060001007400000006000200730000001400030010000100
  0c0001000800010001020304`
const setDeleted =
  '300000000b0a000001000000693c000001000023060001007400000006000200730000000c0010000000000000000001'
const tableDeleted =
  '30000000020a000001000000693c000001000023060001007400000008000300000000000c0004000000000000000011'
const tableAdded = `38000000000a000002000000693c000001000023060001007400000008000300000000000c000400000000000000001408
  00020000000000`
const endByNft = '2c0000000f0a000001000000693c00000000002308000100000000230800020000003c69080003006e667400'

/** `iptables-nft -N A` on a host without the table. */
const chainOfIptables = `3c000000000a000402000000673c0000020000220b00010066696c746572000008000300000000010c000400000000
  00000000130800020000000000
  3c000000030a000203000000673c0000020000220b00010066696c746572000006000300410000000c000200000000000000000108000600
  00000000
  380000000f0a000002000000673c00000000002208000100000000220800020000003c671100030069707461626c65732d6e667400000000`

const read = (...messages: readonly string[]): readonly RulesNotice[] => {
  const reader = openTransactionReader()
  const found: RulesNotice[] = []
  for (const hex of messages)
    eachMessage(Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')), (part) => {
      const notice = reader.take(part)
      if (notice !== null) found.push(notice)
    })
  return found
}

const table = { family: 'inet', name: 't', action: 'changed', added: 0, removed: 0 }

describe('the messages of one transaction', () => {
  test('are one notice with its generation, its process and the tables that it touched', () => {
    expect(read(chainOfIptables)).toEqual([
      {
        kind: 'rules',
        generation: 34,
        process: { pid: 15463, name: 'iptables-nft' },
        tables: [{ family: 'ip', name: 'filter', action: 'new', added: 1, removed: 0 }],
      },
    ])
  })

  test.each([
    ['elements that were added', [elementAdded, elementAdded], { added: 2 }],
    ['an element that was deleted', [elementDeleted], { removed: 1 }],
    ['a set and its element', [setAdded, elementAdded], { added: 2 }],
    ['a table that was made', [tableAdded], { action: 'new' }],
    ['a table that was deleted with its set', [setDeleted, tableDeleted], { action: 'removed', removed: 1 }],
    [
      'a table that was deleted and made again',
      [setDeleted, tableDeleted, tableAdded, setAdded],
      { action: 'replaced', added: 1, removed: 1 },
    ],
    ['a table that was made and deleted', [tableAdded, tableDeleted], { action: 'removed' }],
  ])('tell %s', (_what, messages, expected) => {
    expect(read(...messages, endByNft)).toEqual([
      {
        kind: 'rules',
        generation: 35,
        process: { pid: 15465, name: 'nft' },
        tables: [{ ...table, ...expected }],
      },
    ])
  })

  test('are told at its end, and not again with the next one', () => {
    expect(read(elementAdded)).toEqual([])
    const [, second] = read(elementAdded, endByNft, endByNft)
    expect(second?.tables).toEqual([])
  })

  test('are not mixed with what the kernel tells outside of any: a quota that is used up', () => {
    const ofKernel = `${elementAdded.slice(0, 24)}00000000${elementAdded.slice(32)}`
    expect(read(ofKernel, endByNft)[0]?.tables).toEqual([])
  })
})
