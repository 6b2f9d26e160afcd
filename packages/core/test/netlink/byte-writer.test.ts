import { expect, test } from '@jest/globals'
import { ByteWriter } from '@portolan/core/netlink'

const filled = (length: number, value: number): readonly number[] => new Array<number>(length).fill(value)

test('what some writers write at once stays apart, also where one grows beyond its room', () => {
  const writers = Array.from({ length: 200 }, () => new ByteWriter(61))
  for (let round = 1; round <= 100; round += 1) for (const [at, writer] of writers.entries()) writer.u8(at)
  for (const [at, writer] of writers.entries()) expect([...writer.take()]).toEqual(filled(100, at))
})

test('what a writer gave away is not written over by those that come after it', () => {
  const first = new ByteWriter(2000)
  first.raw(new Uint8Array(filled(2000, 7)))
  const taken = first.take()
  for (let each = 0; each < 100; each += 1) new ByteWriter(2000).raw(new Uint8Array(2000).fill(9))
  expect([...taken]).toEqual(filled(2000, 7))
})

test('numbers stand where they belong in the room of a writer that is not the first', () => {
  new ByteWriter(10).u8(1)
  const writer = new ByteWriter(10)
  writer.be32(0x01020304)
  writer.pad()
  writer.be16(0x0506)
  writer.pad()
  expect([...writer.take()]).toEqual([1, 2, 3, 4, 5, 6, 0, 0])
})
