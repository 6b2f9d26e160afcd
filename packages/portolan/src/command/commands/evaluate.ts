import {
  type Evaluator,
  type HostFacts,
  type Packet,
  ParseError,
  PortolanError,
  prepare,
  readPacket,
} from '@portolan/netfilter'
import { offsetInJson } from '@portolan/netfilter/text'
import { asFarAsRead } from '../../host-rules/as-far-as-read.ts'
import type { HostRules } from '../../host-rules/host-rules.ts'
import { lowerRules } from '../../host-rules/lower-rules.ts'
import { interfaceNames, mayHave, noSuchInterface } from '../attach/known-interfaces.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { linesOf, tooLong } from '../output/lines.ts'
import { paceOutput } from '../output/paced-output.ts'
import { outputStream } from '../output/standard-output.ts'
import { readSituation } from '../sources/read-situation.ts'

/** The most characters of a line. A packet has some 300. */
export const longestLine = 65_536

/**
 * `portolan evaluate`: packets in, outcomes out, a line each, in order. A line that is no packet gets an error in
 * its place, and the others are answered all the same.
 */
export const run = async ({ options, terminal }: CommandContext): Promise<ExitCode> => {
  const { facts, rules, endpoints } = await readSituation(options, terminal)
  const host: EvaluatedHost = { facts, rules, interfaces: interfaceNames(facts) }
  const evaluator = prepare(facts, lowerRules(rules), { endpoints })
  const output = paceOutput(outputStream())
  let line = 0
  let mistakes = 0
  for await (const lines of linesOf(process.stdin.setEncoding('utf8'), longestLine)) {
    const answers: string[] = []
    for (const text of lines) {
      line += 1
      if (text !== tooLong && text.trim() === '') continue
      const { answer, isMistake } = answerLine(evaluator, host, text, line)
      answers.push(answer, '\n')
      if (isMistake) mistakes += 1
    }
    if (!(await output.write(answers.join('')))) break
  }
  if (mistakes === 0) return exitCode.ok
  terminal.say(
    `portolan: ${mistakes === 1 ? '1 line was' : `${mistakes} lines were`} no packet. The output has an error in place of each.`,
  )
  return exitCode.error
}

interface EvaluatedHost {
  readonly facts: HostFacts
  readonly rules: HostRules
  readonly interfaces: ReadonlySet<string>
}

/**
 * Refuses a packet that comes in by an interface that does not exist. It would be answered as if the interface existed.
 */
const refuseAbsent = (
  packet: Packet,
  { facts, interfaces }: EvaluatedHost,
  text: string,
  line: number,
): void => {
  for (const key of ['in', 'port'] as const) {
    const name = packet[key]
    if (name == null || mayHave(interfaces, name)) continue
    const place = { source: 'standard input', line, column: 1 + offsetInJson(text, [key]) }
    throw new ParseError(
      `${key} is ${JSON.stringify(name)}: ${noSuchInterface(facts)}`,
      place,
      text.slice(0, 200),
    )
  }
}

const answerLine = (
  evaluator: Evaluator,
  host: EvaluatedHost,
  text: string | typeof tooLong,
  line: number,
): { readonly answer: string; readonly isMistake: boolean } => {
  try {
    if (text === tooLong)
      throw new ParseError(
        `expected a packet as one JSON object a line, found a line of more than ${longestLine} characters`,
        { source: 'standard input', line, column: longestLine + 1 },
        '',
      )
    const packet = readPacket(text, { source: 'standard input', line, column: 1 })
    refuseAbsent(packet, host, text, line)
    const outcome = asFarAsRead(packet, evaluator.evaluate(packet), host.rules)
    return { answer: jsonText(outcome, null, 0), isMistake: false }
  } catch (error) {
    if (!(error instanceof PortolanError)) throw error
    return { answer: jsonText({ error: { ...error.toJSON(), line } }, null, 0), isMistake: true }
  }
}
