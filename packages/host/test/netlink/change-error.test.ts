import { describe, expect, test } from '@jest/globals'
import { ApplyError, PermissionError } from '@portolan/netfilter'
import { changeError } from '../../src/netlink/change-error.ts'

describe('the error of a change that the kernel refused', () => {
  test('is about the permission where that is missing', () => {
    expect(changeError('set eth0 up', 1, [])).toBeInstanceOf(PermissionError)
  })

  test.each([
    [12, 'Could not set eth0 up: the kernel had no memory for it (ENOMEM). Free memory, or raise'],
    [
      16,
      'Could not set eth0 up: another link, or another program, is using the interface (EBUSY). Release it',
    ],
    [19, 'Could not set eth0 up: an interface that it is about is not there any more (ENODEV). Find out'],
    [28, 'Could not set eth0 up: the kernel has no room for one more (ENOSPC). Remove what is not needed'],
    [
      95,
      'Could not set eth0 up: this kernel, or the driver of the interface, cannot do that (EOPNOTSUPP). Use',
    ],
    [61, 'Could not set eth0 up: the kernel refused it (ENODATA: no data available). Run this again.'],
    [54, 'Could not set eth0 up: the kernel refused it (errno 54). Run this again.'],
  ])('of errno %i says why, and what to do', (errno, words) => {
    const error = changeError('set eth0 up', errno, ['Add chain web.'])
    expect(error).toBeInstanceOf(ApplyError)
    expect(error).toMatchObject({ message: expect.stringContaining(words), applied: ['Add chain web.'] })
  })

  test('has the reason of its own change first', () => {
    const reason = { 16: { why: 'it is a port', mend: 'Release it.' } }
    expect(changeError('set eth0 up', 16, [], reason)).toMatchObject({
      problem: 'Could not set eth0 up: it is a port.',
      message: 'Could not set eth0 up: it is a port. Release it.',
    })
  })
})
