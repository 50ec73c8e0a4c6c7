import { type CheckpointFacts, checkpointState, verdictOfDifference, verdictOfLimit } from '../../decisions/verdict';

const names = ['limitFailed', 'qualityFailed', 'guardrailFailed', 'measurementError', 'measured', 'passes'] as const;
const everything: CheckpointFacts[] = Array.from({ length: 2 ** names.length }, (_, bits) => {
  const [limitFailed, qualityFailed, guardrailFailed, measurementError, measured, passes] = names.map(
    (_name, index) => (bits >> index) % 2 === 1,
  );
  return {
    limitFailed: limitFailed === true,
    qualityFailed: qualityFailed === true,
    guardrailFailed: guardrailFailed === true,
    measurementError: measurementError === true,
    measured: measured === true,
    passes: passes === true,
  };
});

test.each(everything)('$limitFailed $qualityFailed $guardrailFailed $measurementError $measured $passes', (facts) => {
  const inOrder = [
    facts.limitFailed && 'fail',
    facts.qualityFailed && 'invalid',
    facts.guardrailFailed && 'fail',
    facts.measurementError && 'error',
    facts.measured && facts.passes && 'pass',
    'inconclusive',
  ].filter((state) => state !== false);
  expect(checkpointState(facts)).toBe(inOrder[0]);
});

test('it passes only where something was measured and nothing at all speaks against it', () => {
  const passing = everything.filter((facts) => checkpointState(facts) === 'pass');
  expect(passing).toEqual([
    {
      limitFailed: false,
      qualityFailed: false,
      guardrailFailed: false,
      measurementError: false,
      measured: true,
      passes: true,
    },
  ]);
});

test('no flaw, error or failure that is added ever makes it pass', () => {
  for (const facts of everything)
    for (const name of ['limitFailed', 'qualityFailed', 'guardrailFailed', 'measurementError'] as const)
      expect(checkpointState({ ...facts, [name]: true })).not.toBe('pass');
});

describe('the table of verdicts', () => {
  const of = (
    role: 'success' | 'guardrail' | 'deterioration',
    lower: number | undefined,
    upper: number | undefined,
    passAbove = 0,
    failBelow = 0,
  ) => verdictOfDifference(role, { bounds: { lower, upper }, passAbove, failBelow });

  test('success', () => {
    expect(of('success', 0.1, 0.3)).toBe('pass');
    expect(of('success', -0.1, 0.3)).toBe('inconclusive');
    expect(of('success', -0.3, 0.05, 0, 0.1)).toBe('fail');
    expect(of('success', 0, 1)).toBe('inconclusive');
    expect(of('success', undefined, undefined)).toBe('inconclusive');
  });
  test('guardrail with margin', () => {
    expect(of('guardrail', -0.05, 0.1, -0.1, -0.1)).toBe('pass');
    expect(of('guardrail', -0.2, 0.1, -0.1, -0.1)).toBe('inconclusive');
    expect(of('guardrail', -0.3, -0.2, -0.1, -0.1)).toBe('fail');
    expect(of('guardrail', undefined, -0.2, -0.1, -0.1)).toBe('fail');
  });
  test('deterioration', () => {
    expect(of('deterioration', -0.2, 0.1)).toBe('pass');
    expect(of('deterioration', -0.2, -0.1)).toBe('fail');
    expect(of('deterioration', 0.1, undefined)).toBe('inconclusive');
  });
  test('absolute limits', () => {
    expect(verdictOfLimit({ lower: 0.1, upper: 0.2 }, { max: 0.3 })).toBe('pass');
    expect(verdictOfLimit({ lower: 0.1, upper: 0.4 }, { max: 0.3 })).toBe('inconclusive');
    expect(verdictOfLimit({ lower: 0.35, upper: 0.4 }, { max: 0.3 })).toBe('fail');
    expect(verdictOfLimit({ lower: 0.35, upper: 0.4 }, { min: 0.3 })).toBe('pass');
    expect(verdictOfLimit({ lower: 0.1, upper: 0.2 }, { min: 0.3 })).toBe('fail');
    expect(verdictOfLimit({ lower: 0.35, upper: 0.4 }, { min: 0.3, max: 0.5 })).toBe('pass');
    expect(verdictOfLimit({ lower: 0.35, upper: 0.6 }, { min: 0.3, max: 0.5 })).toBe('inconclusive');
    expect(verdictOfLimit({ lower: 0.35, upper: 0.4 }, {})).toBe('inconclusive');
    expect(verdictOfLimit({}, { max: 1 })).toBe('inconclusive');
  });
});
