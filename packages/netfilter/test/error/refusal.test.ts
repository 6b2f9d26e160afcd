import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import {
  commandWording,
  detachWay,
  messageFor,
  oneWay,
  PermissionError,
  PortolanError,
  type Wording,
} from '../../src/index.ts'

const ofEngine: Wording = {
  ...commandWording,
  elsewhere: null,
  mac: 'give the container another --mac-address',
  detach: 'stop the container of {} first',
}

const full = new PortolanError('STATE', {
  problem: 'The disk is full.',
  remedy: ({ elsewhere }) => oneWay('make room', elsewhere),
})

describe('a refusal', () => {
  test('tells the command in one message what is wrong and what to do', () => {
    expect(full.message).toBe('The disk is full. Make room, or give another directory with --state.')
  })

  test('has the two apart, and the second in the words of an engine', () => {
    expect([full.problem, full.remedy(), full.remedy(ofEngine)]).toEqual([
      'The disk is full.',
      'Make room, or give another directory with --state.',
      'Make room.',
    ])
    expect(messageFor(full, ofEngine)).toBe('The disk is full. Make room.')
  })

  test('has the words of whichever engine opened the host in its message', () => {
    const told = { problem: 'It is taken.', remedy: (wording: Wording) => oneWay(wording.mac) }
    expect(new PortolanError('MAC', told, { wording: ofEngine }).message).toBe(
      'It is taken. Give the container another --mac-address.',
    )
  })

  test('is an error of its class, and its JSON is as without', () => {
    const error = new PermissionError({ problem: 'Not allowed.', remedy: () => 'Run this as root.' }, 'root')
    expect(fromJson(JSON.stringify(error))).toEqual({
      code: 'PERMISSION',
      message: 'Not allowed. Run this as root.',
      needs: 'root',
    })
  })

  test('without a remedy is what its message says', () => {
    const plain = new PortolanError('ANY', 'It cannot be: take another.')
    expect([plain.problem, plain.remedy(ofEngine)]).toEqual(['It cannot be: take another.', ''])
    expect(messageFor(new TypeError('broken'), ofEngine)).toBe('broken')
    expect(messageFor('thrown', ofEngine)).toBe('thrown')
  })
})

test('a way that a program does not have is not offered', () => {
  expect(oneWay(null, null)).toBe('')
  expect(oneWay(null, 'wait')).toBe('Wait.')
})

test('an endpoint is detached as the program does it, whatever it is called', () => {
  expect(detachWay(commandWording, 'web-1', ' -p shop')).toBe(
    'detach it first (portolan detach web-1 -p shop)',
  )
  expect(detachWay(ofEngine, "$'", ' -p shop')).toBe("stop the container of $' first")
})
