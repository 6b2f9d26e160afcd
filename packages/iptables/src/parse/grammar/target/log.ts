import { atMostOne, byDefault, flag, type Grammar, grammar, inTurn, takes } from '../grammar.ts'
import { either, translated } from '../value/choice.ts'
import { u16, u32, whole } from '../value/number.ts'
import { cut, shaped, text } from '../value/text.ts'

const levels: Readonly<Record<string, string>> = {
  emerg: '0',
  panic: '0',
  alert: '1',
  crit: '2',
  err: '3',
  error: '3',
  warn: '4',
  warning: '4',
  notice: '5',
  info: '6',
  debug: '7',
}

const label = shaped(/^[^\s"'\\]{1,27}$/)

/** Targets that log a packet and continue. */
export const logTargets: Readonly<Record<string, Grammar>> = {
  LOG: grammar([
    takes('log-prefix', cut(29), { quoting: 'if-needed' }),
    takes('log-level', either(translated(levels), whole(7)), { silent: '4' }),
    flag('log-tcp-sequence'),
    flag('log-tcp-options'),
    flag('log-ip-options'),
    flag('log-uid'),
    flag('log-macdecode'),
  ]),
  NFLOG: grammar(
    [
      takes('nflog-prefix', cut(63), { quoting: 'if-needed' }),
      takes('nflog-group', u16, { silent: '0' }),
      takes('nflog-range', u32),
      takes('nflog-size', u32),
      takes('nflog-threshold', u16),
    ],
    { settle: atMostOne('nflog-range', 'nflog-size') },
  ),
  ULOG: grammar(
    [
      takes('ulog-prefix', cut(31), { quoting: 'if-needed' }),
      takes('ulog-nlgroup', whole(32, 1)),
      takes('ulog-cprange', u32),
      takes('ulog-qthreshold', whole(50, 1)),
    ],
    { settle: inTurn(byDefault('ulog-nlgroup', '1')) },
  ),
  AUDIT: grammar([
    takes('type', translated({ accept: 'accept', drop: 'drop', reject: 'reject' }), { required: true }),
  ]),
  IDLETIMER: grammar([
    takes('timeout', whole(0xffffffff, 1), { required: true }),
    takes('label', label, { required: true }),
    flag('alarm'),
  ]),
  LED: grammar([
    takes('led-trigger-id', text(26), { required: true, quoting: 'always' }),
    takes('led-delay', either(u32, translated({ inf: 'inf' })), { silent: '0' }),
    flag('led-always-blink'),
  ]),
  RATEEST: grammar([
    takes('rateest-name', label, { required: true }),
    takes('rateest-interval', shaped(/^\d+(?:\.\d+)?(?:us|ms|s|sec|usec|msec)$/), { required: true }),
    takes('rateest-ewmalog', shaped(/^\d+(?:\.\d+)?(?:us|ms|s|sec|usec|msec)$/), { required: true }),
  ]),
  TRACE: grammar([]),
}
