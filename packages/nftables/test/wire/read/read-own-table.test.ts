import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { NetlinkSocket } from '@portolan/core'
import { PermissionError } from '@portolan/netfilter'
import fc from 'fast-check'
import { fromJson } from '../../../../../test/from-json.ts'
import { emptyRuleset } from '../../../src/model/index.ts'
import { readOwnTable } from '../../../src/wire/read/read-own-table.ts'
import { canonical } from '../../arbitrary/canonical.ts'
import { everyKind } from './example.ts'

type Answers = readonly (readonly Uint8Array[])[]

/**
 * The answers of Linux 6.18 to each question about the table of `example.ts`, in order, on a little-endian machine.
 * `PORTOLAN_RECORD=write` with `test/kernel/read.test.ts` records them again.
 */
const recorded: Answers = fromJson<string[][]>(
  readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8'),
).map((answer) => answer.map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))))

/** A socket that gives these answers one after the other, whatever the question is. */
const answering = (answers: Answers): NetlinkSocket => {
  let asked = 0
  return {
    request: async () => {
      asked += 1
      return answers[asked - 1] ?? []
    },
    close: () => {},
  }
}

const read = (answers: Answers) => readOwnTable(answering(answers))

/** The recorded answers with one message changed. */
const withMessage = (
  question: number,
  place: number,
  change: (message: Uint8Array) => Uint8Array | null,
): Answers =>
  recorded.map((messages, at) =>
    at === question
      ? messages.flatMap((message, index) => (index === place ? (change(message) ?? []) : [message]))
      : messages,
  )

const last = recorded.length - 1
const places: readonly (readonly [question: number, place: number])[] = recorded.flatMap(
  (messages, question) => messages.map((_message, place) => [question, place] as const),
)

/** A netlink error: a negative errno, and the header of the request. */
const refusal = (errno: number): Uint8Array => {
  const bytes = new Uint8Array(36)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 36, true)
  view.setUint16(4, 2, true)
  view.setInt32(16, -errno, true)
  return bytes
}

const copy = (message: Uint8Array, change: (view: DataView) => void): Uint8Array => {
  const bytes = message.slice()
  change(new DataView(bytes.buffer))
  return bytes
}

test('our table is read from the bytes of the kernel', async () => {
  const found = await read(recorded)
  expect(found === null ? null : canonical(found)).toEqual(canonical(everyKind))
})

describe('what is no whole picture is none', () => {
  test.each(places)(
    'where message %j of answer %j says that it changed meanwhile',
    async (question, place) => {
      const interrupted = withMessage(question, place, (message) =>
        copy(message, (view) => view.setUint16(6, view.getUint16(6, true) | 0x10, true)),
      )
      // The generation is a single message, and no listing.
      const isListing = question !== 0 && question !== last
      expect((await read(interrupted)) === null).toBe(isListing)
    },
  )

  test('where the generation is another at the end', async () => {
    expect(
      await read(withMessage(last, 0, (message) => copy(message, (view) => view.setUint8(27, 99)))),
    ).toBeNull()
  })

  test.each(recorded.map((_answer, question) => question))('where answer %i never came', async (question) => {
    expect(await read(recorded.map((answer, at) => (at === question ? [] : answer)))).toBeNull()
  })

  test.each(recorded.map((_answer, question) => question))(
    'where answer %i does not end',
    async (question) => {
      const endless = recorded.map((answer, at) => (at === question ? answer.slice(0, -1) : answer))
      // The generation is known without the acknowledgement behind it.
      expect((await read(endless)) === null).toBe(question !== 0 && question !== last)
    },
  )

  test('where a listing ends with an error', async () => {
    const failed = recorded.map((answer, at) => (at === 2 ? [...answer.slice(0, -1), refusal(12)] : answer))
    expect(await read(failed)).toBeNull()
  })
})

test('there is no table where the kernel knows none', async () => {
  expect(await read([recorded[0] ?? [], [refusal(2)]])).toEqual(emptyRuleset)
})

test('without CAP_NET_ADMIN it is said that it is missing', async () => {
  await expect(read([[refusal(1)], [refusal(1)]])).rejects.toBeInstanceOf(PermissionError)
})

describe('bytes that no kernel sends', () => {
  const place = fc.constantFrom(...places)

  /** The messages of listings, without those that end them. */
  const parts = places.filter(
    ([question, at]) => question !== 0 && question !== last && at !== (recorded[question]?.length ?? 0) - 1,
  )

  test('are read as nothing where the last attribute of a message is cut off', async () => {
    for (const [question, at] of parts)
      expect(
        await read(withMessage(question, at, (message) => message.slice(0, message.length - 4))),
      ).toBeNull()
  })

  test('never make it fail, wherever a message is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.nat(8_000), async ([question, at], cut) => {
        const cutOff = withMessage(question, at, (message) =>
          message.slice(0, 16 + (cut % (message.length - 16))),
        )
        await expect(read(cutOff)).resolves.toBeDefined()
      }),
      { numRuns: 300 },
    )
  })

  test('never make it fail, whatever bytes are changed', async () => {
    const edits = fc.array(fc.tuple(place, fc.nat(8_000), fc.nat(255)), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(edits, async (all) => {
        let answers = recorded
        for (const [[question, at], offset, byte] of all)
          answers = answers.map((messages, index) =>
            index === question
              ? messages.map((message, number) =>
                  number === at && message.length > 16
                    ? copy(message, (view) => view.setUint8(16 + (offset % (message.length - 16)), byte))
                    : message,
                )
              : messages,
          )
        await expect(read(answers)).resolves.toBeDefined()
      }),
      { numRuns: 300 },
    )
  })
})
