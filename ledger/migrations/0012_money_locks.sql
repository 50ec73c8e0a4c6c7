-- Up Migration

-- A posting locks whole lines, not only the accounts it moves: whoever posts twice in one transaction, first from what is
-- reserved and then to what is available, would otherwise lock out of order and wait for somebody who waits for him.
create or replace function money_post() returns trigger language plpgsql as $$
begin
  perform from (select distinct b.run_no, b.line, b.currency from added join money_accounts b on b.no = added.account_no) touched
    join money_accounts a using (run_no, line, currency)
   order by a.no for no key update of a;
  update money_accounts a set micros = a.micros + sums.micros
    from (select account_no, sum(micros) as micros from added group by account_no) sums
   where a.no = sums.account_no;
  return null;
end $$;

-- Down Migration

create or replace function money_post() returns trigger language plpgsql as $$
begin
  perform from money_accounts where no in (select account_no from added) order by no for no key update;
  update money_accounts a set micros = a.micros + sums.micros
    from (select account_no, sum(micros) as micros from added group by account_no) sums
   where a.no = sums.account_no;
  return null;
end $$;
