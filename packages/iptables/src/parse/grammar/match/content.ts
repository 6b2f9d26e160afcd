import { argumentOf } from '../../../model/option/extension.ts'
import { exactlyOne, flag, type Grammar, grammar, inTurn, type Settle, takes } from '../grammar.ts'
import { choice } from '../value/choice.ts'
import { u16 } from '../value/number.ts'
import { printPattern, readPattern } from '../value/pattern.ts'
import { text } from '../value/text.ts'
import { u32Program } from '../value/u32-program.ts'

/** Gives the pattern the form in which its bytes are printed. */
const settlePattern: Settle = (options) => {
  const form = argumentOf(options, 'string') === undefined ? 'hex-string' : 'string'
  const bytes = readPattern(form, argumentOf(options, form) ?? '')
  if (bytes === null) return null
  const printed = printPattern(bytes)
  return options.map((option) =>
    option.name === form ? { ...option, name: printed.form, values: [printed.text] } : option,
  )
}

/** Modules that read the packet's bytes. */
export const contentMatches: Readonly<Record<string, Grammar>> = {
  string: grammar(
    [
      takes('string', text(1023), { not: true, quoting: 'always' }),
      takes('hex-string', text(1023), { not: true, quoting: 'always' }),
      takes('algo', choice('bm', 'kmp'), { required: true }),
      takes('from', u16, { silent: '0' }),
      takes('to', u16, { silent: '65535' }),
      flag('icase'),
    ],
    { settle: inTurn(exactlyOne('string', 'hex-string'), settlePattern) },
  ),
  u32: grammar([takes('u32', u32Program, { not: true, required: true, quoting: 'always' })]),
}
