import { describe, expect, test } from '@jest/globals'
import { printIncomplete } from '../../../src/plan/print/print-incomplete.ts'

const one = {
  mapping: '0.0.0.0:8080/tcp -> web:80',
  network: null,
  what: 'TCP packets of A',
  why: 'Because.',
}

describe('what a search did not look at, for people', () => {
  test('is a line for each mapping or network, and where to ask for one packet', () => {
    const network = { mapping: null, network: 'web', what: 'packets of B', why: 'Since.' }
    const host = { mapping: null, network: null, what: 'packets of C', why: 'As.' }
    expect(printIncomplete([one, network, host])).toEqual([
      '  0.0.0.0:8080/tcp -> web:80: TCP packets of A. Because.',
      '  network web: packets of B. Since.',
      '  host: packets of C. As.',
      '  portolan explain tells what becomes of any one of these packets.',
    ])
  })

  test('is nothing where all was looked at', () => {
    expect(printIncomplete([])).toEqual([])
  })

  test('of very much is only the first, with how much more there is', () => {
    const lines = printIncomplete(Array.from({ length: 25 }, () => one))
    expect(lines).toHaveLength(22)
    expect(lines[20]).toBe('  and 5 more (--json lists them all)')
  })
})
