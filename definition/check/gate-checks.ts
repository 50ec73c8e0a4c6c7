import { rolesOf } from '../gate-policy';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';
import { StepsGraph } from './steps-graph';

/** Gates: nothing is sent unapproved, and every gate can be passed. */
export function checkGates(context: CheckContext): void {
  const graph = new StepsGraph(context.authored);
  for (const placed of context.authored.steps) {
    if (placed.step.email || placed.step.experiment || placed.step.promotion) checkApproved(context, placed, graph);
    if (placed.step.gate) checkGate(context, placed, placed.step.gate);
  }
}

function checkApproved(context: CheckContext, { step, path }: PlacedStep, graph: StepsGraph): void {
  if (!context.authored.stepsComplete) return;
  const upstream = graph.upstream(step.id);
  const gates = context.authored.steps.filter((other) => other.step.gate && upstream.includes(other.step.id));
  if (gates.some((gate) => gate.step.if === undefined)) return;
  remark(context, {
    rule: 'GATE-401',
    path: [...path, step.email ? 'email' : step.promotion ? 'promotion' : 'experiment'],
    message:
      gates.length === 0
        ? `step "${step.id}" would send without anybody's approval`
        : `step "${step.id}" would send without approval when the gate before it is skipped`,
  });
}

type AuthoredGate = NonNullable<PlacedStep['step']['gate']>;

function checkGate(context: CheckContext, { step, path }: PlacedStep, gate: AuthoredGate): void {
  const at = [...path, 'gate'];
  checkQuorum(context, { at, gate });
  if ((gate.onExpiry === 'escalate') !== gate.escalateTo.length > 0) {
    const missing = gate.onExpiry === 'escalate' ? 'escalateTo is missing' : 'onExpiry is not escalate';
    remark(context, { rule: 'GATE-404', path: at, message: missing });
  }
  const rising = gate.remindAt.every((share, index) => share > (gate.remindAt[index - 1] ?? 0) && share < 1);
  if (!rising) {
    remark(context, { rule: 'GATE-405', path: [...at, 'remindAt'], message: 'these reminders are not in order' });
  }
  if (step.onFailure === 'continue') {
    remark(context, {
      rule: 'GATE-406',
      path: [...path, 'onFailure'],
      message: `gate "${step.id}" would be passed by failing`,
    });
  }
}

function checkQuorum(context: CheckContext, { at, gate }: { at: (string | number)[]; gate: AuthoredGate }): void {
  const { authored, workspace } = context;
  const people = Object.values(workspace.people);
  const known = gate.approvers.every((role) => people.some((person) => person.roles.includes(role)));
  if (!known) return;
  const deciders = people.filter((person) => person.roles.some((role) => rolesOf(gate, false).includes(role)));
  const path = context.source.has([...at, 'quorum']) ? [...at, 'quorum'] : [...at, 'approvers'];
  if (deciders.length < gate.quorum) {
    const message = `${gate.quorum} must approve, but only ${deciders.length} may`;
    remark(context, { rule: 'GATE-402', path, message });
    return;
  }
  const withoutOwner = deciders.filter(({ id }) => id !== authored.owner);
  if (!gate.allowAuthor && withoutOwner.length < gate.quorum) {
    const message = `without the owner "${authored.owner ?? ''}", ${withoutOwner.length} of ${gate.quorum} can approve`;
    remark(context, { rule: 'GATE-403', path, message });
  }
}
