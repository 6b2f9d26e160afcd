import type { Expression, FibExpression } from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import { classOfDestination } from '../route/route-classes.ts'
import type { Compiler } from '../value/compiler.ts'
import { compileExpression } from '../value/read-expression.ts'
import { originOf } from '../value/read-origin.ts'
import { isUnknown } from '../value/reading.ts'
import { blur, ofAnyNetwork } from './learn.ts'
import { learnLookup } from './learn-lookup.ts'
import { always, type Condition, exactly } from './learner.ts'

/** Tells the conditions under which an expression keeps its value for a packet. */
export type Depends = (world: World) => readonly Condition[]

/** Compiles the conditions under which an expression keeps its value; null: it reads no free field. */
export const dependsOn = (expression: Expression, compiler: Compiler): Depends | null => {
  switch (expression.kind) {
    case 'field':
    case 'conntrack-tuple': {
      const read = compileExpression(expression, compiler)
      const origin = originOf(expression)
      return (world) => {
        const value = read(world)
        const field = origin(world)
        return field === null || (typeof value !== 'number' && typeof value !== 'bigint')
          ? always
          : [exactly(field, value)]
      }
    }
    case 'bitwise': {
      const parts = [dependsOn(expression.left, compiler), dependsOn(expression.right, compiler)]
      return (world) => {
        // Ranges cannot describe the bits of an address.
        if (parts.some((part) => part !== null && part(world).length > 0)) blur(world)
        return always
      }
    }
    case 'map': {
      const reads = expression.key.map((one) => compileExpression(one, compiler))
      const origins = expression.key.map(originOf)
      const inner = expression.key.map((one) =>
        one.kind === 'field' || one.kind === 'conntrack-tuple' ? null : dependsOn(one, compiler),
      )
      return (world) => [
        ...inner.flatMap((one) => one?.(world) ?? always),
        ...learnLookup(
          world,
          { readings: reads.map((read) => read(world)), origins },
          expression.table,
          true,
        ),
      ]
    }
    case 'fib':
      return dependsOnFib(expression, compiler)
    case 'constant':
    case 'conntrack':
    case 'unknown':
      return null
  }
}

/** The addresses for which the routing tables give the same answer. */
const dependsOnFib = (expression: FibExpression, compiler: Compiler): Depends => {
  const read = compileExpression(expression, compiler)
  const { of, result, limit, mark } = expression
  return (world) => {
    const value = world[of]
    const field = world.origins[of]
    if (field === null) return always
    const router = compiler.host.routers[world.family]
    const other = of === 'saddr' ? world.daddr : world.saddr
    const context = [
      ...['fib', of, result, limit, mark, world.hook, world.in?.name, world.out?.name],
      ...[isUnknown(world.mark) ? '?' : world.mark, router.asksSource ? other : ''],
    ].join(' ')
    const classify = (address: number | bigint): string => {
      const reading = read(of === 'saddr' ? { ...world, saddr: address } : { ...world, daddr: address })
      return isUnknown(reading) ? '?' : String(reading)
    }
    const set = classOfDestination(router, context, classify, value)
    return set === undefined ? always : ofAnyNetwork(world, [{ field, set, inside: true, isOfTable: false }])
  }
}
